"""A sale's row as the state that the rules know, and back."""

from datetime import datetime

import msgspec

from reptidex.domain.sale.state import Sale
from reptidex.tables.commerce.sales import SaleRow


def state_of(row: SaleRow) -> Sale:
    """Return what the rules know of a sale."""
    return Sale(row.step, row.generation, row.hold, row.money, row.reason, row.disputed)


def with_state(row: SaleRow, sale: Sale, now: datetime) -> SaleRow:
    """Return the row with what the rules have decided."""
    return msgspec.structs.replace(
        row,
        step=sale.step,
        generation=sale.generation,
        hold=sale.hold,
        money=sale.money,
        reason=sale.reason,
        disputed=sale.disputed,
        updated_at=now,
    )
