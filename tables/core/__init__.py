"""repti-core."""
