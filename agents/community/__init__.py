"""What repti-community does: it keeps the search index, tells people what happens, and knows who follows what."""
