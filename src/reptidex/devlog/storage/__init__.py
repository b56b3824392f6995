"""How records become durable: journal, segments, snapshot, recovery."""
