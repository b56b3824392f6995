"""Whom we talk to outside: one folder a port, with the port, its vendors, and a twin that runs in memory."""
