"""What happens around every view, a concern a file. `http/server/edge.py` and `endpoint.py` string them together."""
