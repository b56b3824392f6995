"""The web side that every service shares: typed routes, policies, problems, paging, OpenAPI."""
