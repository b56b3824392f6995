"""What can be asked of repti-community."""
