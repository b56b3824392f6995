"""Revisions of the schema of media."""
