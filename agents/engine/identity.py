"""Ids that a re-run derives again: UUIDv7 (RFC 9562, 5.7) from the cause's time and its place in the log.

`rand_b` is a hash of the place, `rand_a` counts what is made there. Nobody should take such an id for a secret.
"""

from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

ORDINALS = 1 << 12
_DIGITS = tuple(f"{ordinal:03x}" for ordinal in range(ORDINALS))
_64 = 0xFFFF_FFFF_FFFF_FFFF
_62 = 0x3FFF_FFFF_FFFF_FFFF
_VARIANT = 2 << 62


def seed_of(name: str) -> int:
    """Return 64 bits for a name (`animal/timer/…`)."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest())


@lru_cache(maxsize=4096)
def log_seed(service: str, topic: str, partition: int) -> int:
    """Return the seed of a topic-partition, as one service hears it."""
    return seed_of(f"{service}/{topic}/{partition}")


def seed_at(seed: int, offset: int) -> int:
    """Return 64 bits for an offset under the seed of its topic-partition: the finalizer of SplitMix64 (Steele et al., 2014).

    It is a bijection, so two offsets never share their bits, and a tenth of the cost of another hash.
    """
    bits = (seed + offset * 0x9E3779B97F4A7C15) & _64
    bits = ((bits ^ bits >> 30) * 0xBF58476D1CE4E5B9) & _64
    bits = ((bits ^ bits >> 27) * 0x94D049BB133111EB) & _64
    return bits ^ bits >> 31


class Place:
    """Where a message stands: the ids derived there share its time and its hash."""

    __slots__ = ("_head", "_seed", "_tail")

    def __init__(self, seed: int, at: datetime) -> None:
        time = (int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF).to_bytes(6).hex()
        self._head = f"{time[:8]}-{time[8:]}-7"
        self._seed, self._tail = seed, _tail(seed)

    def id(self, ordinal: int) -> str:
        """Return the id of the `ordinal`th thing made while handling the message; ids of one place sort by ordinal."""
        if ordinal < ORDINALS:
            return f"{self._head}{_DIGITS[ordinal]}{self._tail}"
        return f"{self._head}{_DIGITS[ordinal % ORDINALS]}{_tail(seed_at(self._seed, ordinal // ORDINALS))}"


def _tail(seed: int) -> str:
    text = (seed & _62 | _VARIANT).to_bytes(8).hex()
    return f"-{text[:4]}-{text[4:]}"


def derived_id(name: str, at: datetime, ordinal: int = 0) -> str:
    """Return one id for a name."""
    return Place(seed_of(name), at).id(ordinal)
