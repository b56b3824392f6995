"""Species and morphs as data: one JSON file a species, each statement with its source."""
