"""The process `reptidex bridge`: the log, a database and HTTP around the bridge's own logic in `reptidex.connectors.bridge`."""
