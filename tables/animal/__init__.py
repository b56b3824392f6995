"""repti-animal."""
