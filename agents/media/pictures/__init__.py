"""Pictures of others: decoded in a process of their own with hard limits, and never passed on as they came."""
