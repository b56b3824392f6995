"""What repti-core remembers; importing this package ties every row to its table."""

from reptidex.tables.core import billing, payments, people, platform, vivariums

__all__ = ["billing", "payments", "people", "platform", "vivariums"]
