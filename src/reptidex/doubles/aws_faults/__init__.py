"""SNS, SQS and a little S3 over HTTP that fail as AWS fails: repeat, reorder, lose, throttle, delay, expire, fail in part.

An unmodified boto3 works against it. No emulator does these things, and a bridge is judged by them.
"""
