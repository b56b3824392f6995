"""One module per subject of the protocol: each handler answers one kind of request."""
