"""The brokers that the suites run on: the embedded log, Apache Kafka in one JVM, whatever address is named."""
