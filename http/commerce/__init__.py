"""repti-commerce."""
