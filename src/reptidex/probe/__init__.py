"""Black-box questions to a broker that speaks the Kafka protocol: which of what we rely on does it do?"""
