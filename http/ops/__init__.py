"""What can be asked of repti-ops."""
