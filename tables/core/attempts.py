"""Failed attempts to prove who one is."""

from datetime import datetime

from reptidex.tables.row import Row, stored


@stored("attempts", key="account")
class Attempts(Row, frozen=True, kw_only=True):
    """An account that has been guessed at lately; the row goes when its share is whole again."""

    account: str
    whole_at: datetime
