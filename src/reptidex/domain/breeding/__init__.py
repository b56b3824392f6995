"""The rules of a breeding season: its stages, its counts, and what came of it beside what was foretold."""
