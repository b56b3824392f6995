"""Effects: acts in the outside world that a committed unit asked for, until they are done."""

from datetime import datetime

from reptidex.tables.row import Row, stored


@stored("effects", key="effect_id", indexes=(("partition", "effect_id"),))
class EffectRow(Row, frozen=True, kw_only=True):
    """An intended act. `effect_id` is derived from the message that asked for it, and is the idempotency key."""

    effect_id: str
    partition: int
    lane: str
    """Effects of one lane (the key of the message that asked) are carried out one after the other."""
    kind: str
    body: bytes
    cause: bytes
    """The CloudEvent of the message that asked, without its payload."""
    attempts: int = 0
    due: datetime
    problem: str | None = None
