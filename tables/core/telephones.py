"""Telephone numbers of people, for texts."""

from datetime import datetime

from reptidex.domain import sessions
from reptidex.tables.row import Row, stored


@stored("telephones", key="user_id")
class Telephone(Row, frozen=True, kw_only=True):
    """A person's number. The row stays when the number goes, so that codes are counted and no old one works again."""

    user_id: str
    generation: int
    """Counts the codes that were asked for: a newer one makes the older ones worthless."""
    asked_at: datetime
    day_began_at: datetime
    asked_that_day: int
    asked_sealed: bytes = b""
    """The number that waits for its code, under the person's own key; empty where none does."""
    number_sealed: bytes = b""
    """The number that texts go to; empty where there is none."""
    confirmed_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Tell whether a number waits for the code that was sent to it."""
        return bool(self.asked_sealed) and now - self.asked_at < sessions.CODE_VALID
