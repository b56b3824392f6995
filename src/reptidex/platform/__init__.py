"""The six services as one platform: start, supervise, watch, show. What each service does is not known here."""
