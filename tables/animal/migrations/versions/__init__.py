"""Revisions of the schema of animal."""
