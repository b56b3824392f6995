"""Ids that a re-run derives again: UUIDv7 (RFC 9562, 5.7) from the cause's time and its place in the log."""

from datetime import datetime
from hashlib import blake2b

ORDINALS = 1 << 12


def place_bits(place: str) -> int:
    """Return 62 bits for a place (`service/topic/partition/offset`): `rand_b` of every id derived there."""
    return int.from_bytes(blake2b(place.encode(), digest_size=8).digest()) >> 2


def derived_id(at: datetime, place: str, bits: int, ordinal: int) -> str:
    """Return the id of the `ordinal`th thing made while handling the message at a place; ids of one place sort by ordinal."""
    if ordinal >= ORDINALS:
        bits = place_bits(f"{place}#{ordinal // ORDINALS}")
    milliseconds = int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    value = milliseconds << 80 | 7 << 76 | ordinal % ORDINALS << 64 | 2 << 62 | bits
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
