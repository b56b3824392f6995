"""What repti-ops does: it audits every event, watches the services, and carries out what administrators decide."""
