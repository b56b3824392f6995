"""Revisions of the schema of community."""
