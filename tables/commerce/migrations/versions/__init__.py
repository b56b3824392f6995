"""Revisions of the schema of commerce."""
