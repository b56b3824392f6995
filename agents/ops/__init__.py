"""repti-ops."""
