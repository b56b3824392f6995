"""Revisions of the schema of engine."""
