"""repti-community."""
