"""How long each step of a sale waits before its deadline decides."""

from datetime import datetime, timedelta

from reptidex.domain.sale.state import Sale

HOLD = timedelta(minutes=2)
"""Animal answers in milliseconds; a restart of it is waited for, an outage is not: the buyer may try again."""
WORD = timedelta(minutes=1)
"""After asking for money: then it is looked up, since the provider's word may be lost."""
CANCELLATION = timedelta(minutes=1)
REFUND = timedelta(minutes=5)
TRANSFER = timedelta(hours=24)
"""The transfer is ordered through the log, which loses nothing: only a letter that animal put aside takes so long."""
RELEASE = timedelta(minutes=5)
HOLD_GRACE = timedelta(hours=48)
"""How long after the reservation's end animal keeps a hold that nobody released: the last resort, not the way."""


def deadline(sale: Sale, now: datetime, reserved_until: datetime) -> datetime:
    """Return when the step that a sale has just entered gives up waiting. No reservation outlives its term."""
    match sale.step:
        case "holding":
            return min(now + HOLD, reserved_until)
        case "paying":
            return min(now + WORD, reserved_until)
        case "checking":
            return max(now, reserved_until)
        case "voiding":
            return now + CANCELLATION
        case "transferring":
            return now + TRANSFER
        case "refunding":
            return now + REFUND
        case _:
            return now + RELEASE
