"""What repti-ops remembers: the audit trail and its seals, cases, alerts, the health of the services, who is who."""
