"""How often somebody may be wrong about who they are: a share that comes back evenly (GCRA, ITU-T I.371).

All that is kept of an account is the moment at which its share is whole again.
"""

from datetime import datetime, timedelta
from math import ceil

FAILURES = 10
WINDOW = timedelta(minutes=15)
"""Ten failures at once, then one each ninety seconds (NIST SP 800-63B-4, 3.2.2, allows a hundred in all)."""
EACH = WINDOW / FAILURES


def wait_s(whole_at: datetime | None, now: datetime) -> int:
    """Return the seconds to wait before another attempt may be made; 0 where it may be made now."""
    beyond = _with_one_more(whole_at, now) - now - WINDOW
    return max(0, ceil(beyond.total_seconds()))


def taken(whole_at: datetime | None, now: datetime) -> datetime:
    """Return when the share is whole again after another attempt."""
    return _with_one_more(whole_at, now)


def given_back(whole_at: datetime) -> datetime:
    """Return when it is whole again after an attempt turned out to be no failure."""
    return whole_at - EACH


def _with_one_more(whole_at: datetime | None, now: datetime) -> datetime:
    return (now if whole_at is None else max(whole_at, now)) + EACH
