"""Consumer groups: membership, rebalances, who may commit."""
