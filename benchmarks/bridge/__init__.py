"""The bridge against bare boto3 calls, both on a server that answers at once."""
