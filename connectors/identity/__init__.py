"""Who somebody is: access tokens (issued by core, verified by all six services), API keys, outside identity providers."""
