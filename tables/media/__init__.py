"""repti-media."""
