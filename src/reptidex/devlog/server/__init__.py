"""The network side: connections, dispatch of requests, fault injection."""
