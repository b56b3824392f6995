"""Timers: commands to be handled at a time, once."""

from datetime import datetime

from reptidex.tables.row import Row, stored


@stored("timers", key="name", indexes=(("partition", "due"),))
class TimerRow(Row, frozen=True, kw_only=True):
    """A command and when it is due; the owner of `partition` (that of the command's key) fires it."""

    name: str
    due: datetime
    partition: int
    command: bytes
    """The whole CloudEvent: the command with the context of the message that set the timer."""
