"""What repti-core does: accounts and sessions, vivariums, live settings, money, telemetry."""
