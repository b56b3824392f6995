"""What goes wrong, and how often: shares of calls, messages or entries, drawn from one seed."""

import random
from collections import Counter

import msgspec


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each is a share between 0 and 1, unless its name ends in a unit. All zero: AWS on a good day."""

    repeat: float = 0.0
    """Of messages that are delivered twice: by SNS as another message, or shown again by SQS at once."""
    reorder: int = 0
    """A standard queue shows any of so many messages next."""
    lost_delete: float = 0.0
    """Of deletes that are answered well and do nothing."""
    failed_delete: float = 0.0
    """Of entries of a delete batch that fail."""
    throttle: float = 0.0
    """Of calls that are refused for coming too fast."""
    broken: float = 0.0
    """Of calls that are answered 500 before anything is done."""
    lost_answer: float = 0.0
    """Of calls that are carried out, and whose answer never comes: the connection ends."""
    partial: float = 0.0
    """Of entries of a batch that fail by themselves, by no fault of the sender."""
    slow: float = 0.0
    """Of calls that take `slow_s` longer."""
    slow_s: float = 0.05
    expire: float = 0.0
    """Of messages that show again after `expire_s` whatever the visibility timeout says: the receiver is still at work."""
    expire_s: float = 0.02
    dedup_s: float = 300.0
    """How long FIFO remembers a deduplication id, also after the delete."""


class Dice:
    """Says what goes wrong next, and counts it."""

    def __init__(self, seed: int = 1) -> None:
        self.faults = Faults()
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()

    def __call__(self, name: str) -> bool:
        """Say whether this fault happens now."""
        share: float = getattr(self.faults, name)
        if share and self.chance.random() < share:
            self.done[name] += 1
            return True
        return False
