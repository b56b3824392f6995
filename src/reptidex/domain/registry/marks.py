"""Marks by which an animal is told apart: microchips after ISO 11784/11785, rings, tags, tattoos, photographs."""

import re
from datetime import date
from typing import Literal

from reptidex.errors import InvalidError

MarkKind = Literal["microchip", "tag", "ring", "tattoo", "photo", "other"]
ChipStandard = Literal["iso", "other"]
_LARGEST = 2**38 - 1
"""ISO 11784 gives an animal's own number 38 bits."""
_OTHER_CHIP = re.compile(r"[0-9A-Z]{9,10}")


def check_days(since: date | None, until: date | None, today: date) -> None:
    """See that a mark is not noted before it is there. Raises `InvalidError`."""
    if since is not None and since > today:
        raise InvalidError("a mark is not noted before it is there", "/since")
    if until is not None and (until > today or (since is not None and until < since)):
        raise InvalidError("a mark ends after it began and not in the future", "/until")


def checked_mark(kind: MarkKind, value: str, standard: ChipStandard = "iso") -> str:
    """Return a mark as it is stored and compared. Raises `InvalidError` with the reason."""
    plain = " ".join(value.split())
    if not plain:
        raise InvalidError("a mark has a text or a number", "/value")
    if kind != "microchip":
        return plain
    number = re.sub(r"[\s.-]", "", plain).upper()
    if standard == "iso":
        return _iso(number)
    if not _OTHER_CHIP.fullmatch(number):
        raise InvalidError("a chip of another standard has nine or ten digits or letters", "/value")
    return number


def _iso(number: str) -> str:
    """Check a code of ISO 11784: fifteen digits, the first three a country (ISO 3166-1) or a manufacturer (900 to 998)."""
    if not re.fullmatch(r"[0-9]{15}", number):
        text = "an ISO 11784 microchip number has 15 digits; state standard 'other' for a chip that follows another one"
        raise InvalidError(text, "/value")
    origin, own = int(number[:3]), int(number[3:])
    if origin == 0:
        raise InvalidError("the first three digits name a country or a manufacturer; 000 is neither", "/value")
    if origin == 999:
        raise InvalidError("999 is kept for test transponders; no animal carries one", "/value")
    if own > _LARGEST:
        raise InvalidError(f"an animal's own number is at most {_LARGEST} (38 bits)", "/value")
    return number
