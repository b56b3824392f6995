"""The bridge to SNS and SQS: what the platform says and hears on its log, said and heard on AWS as the same events."""
