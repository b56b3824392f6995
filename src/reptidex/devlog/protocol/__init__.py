"""The Kafka wire protocol: which requests are understood, and how bytes become requests and answers."""
