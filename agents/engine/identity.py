"""Ids that a re-run derives again: UUIDv7 (RFC 9562, 5.7) from the cause's id and its place in the log.

The time is that of the cause's own UUIDv7 (of its `time`, where somebody outside made another kind of id), `rand_b` is a hash of
the place, `rand_a` counts what is made there. Nobody should take such an id for a secret.
"""

import re
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

ORDINALS = 1 << 12
_DIGITS = tuple(f"{ordinal:03x}" for ordinal in range(ORDINALS))
_64 = 0xFFFF_FFFF_FFFF_FFFF
_62 = 0x3FFF_FFFF_FFFF_FFFF
_VARIANT = 2 << 62
_FRONT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7")


def seed_of(name: str) -> int:
    """Return 64 bits for a name (`animal/timer/…`)."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest())


@lru_cache(maxsize=4096)
def log_seed(service: str, topic: str, partition: int) -> int:
    """Return the seed of a topic-partition, as one service hears it."""
    return seed_of(f"{service}/{topic}/{partition}")


def seed_at(seed: int, offset: int) -> int:
    """Return 64 bits for an offset under the seed of its topic-partition (Knuth's multiplicative hashing).

    The factor is odd, so this is a bijection: two offsets never share their bits.
    """
    return (seed + offset) * 0x9E3779B97F4A7C15 & _64


Place = tuple[str, str]
"""What the ids of one message share: their time in front, their hash behind."""


def place_of(seed: int, at: datetime, cause_id: str = "") -> Place:
    """Return the place of the message with this seed and id, handled as of this time."""
    front = cause_id[:15]
    if not _is_front(front):
        front = _front(int(at.timestamp() * 1000))
    return front, _tail(seed)


def id_at(place: Place, seed: int, ordinal: int) -> str:
    """Return the id of the `ordinal`th thing made while handling a message; ids of one message sort by ordinal."""
    if ordinal < ORDINALS:
        return place[0] + _DIGITS[ordinal] + place[1]
    return place[0] + _DIGITS[ordinal % ORDINALS] + _tail(seed_at(seed, ordinal // ORDINALS))


# Reading the time off an id takes a fifth of working it out.
@lru_cache(maxsize=4096)
def _is_front(text: str) -> bool:
    return _FRONT.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _front(milliseconds: int) -> str:
    time = f"{milliseconds & 0xFFFF_FFFF_FFFF:012x}"
    return f"{time[:8]}-{time[8:]}-7"


def _tail(seed: int) -> str:
    # By way of bytes, since that is faster than the formatting of large numbers.
    return "-" + (seed & _62 | _VARIANT).to_bytes(8).hex("-", 6)


def derived_id(name: str, at: datetime, ordinal: int = 0) -> str:
    """Return one id for a name."""
    seed = seed_of(name)
    return id_at(place_of(seed, at), seed, ordinal)
