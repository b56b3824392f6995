"""Revisions of the schema of core."""
