"""Revisions of the schema of ops."""
