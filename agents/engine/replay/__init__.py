"""A projection built from the log again, beside the live one, and put in its place."""
