"""Templates of breeders' own ids: `{species}-{year}-{seq:04}` gives PR-2026-0062.

Words: `{prefix}` the vivarium's prefix, `{species}` the species' letters, `{year}` and `{yy}` and `{month}` of birth (of
registration where that is not known), `{sex}` M, F or U, and exactly one `{seq}`, the running number. `{seq:04}` writes it with
at least four digits. Each text around the number has a sequence of its own: with `{species}-{year}-{seq}` every species begins
each year at 1.
"""

import re
from datetime import date
from typing import Literal

import msgspec

from reptidex.domain.codes import LONGEST, SHAPE
from reptidex.errors import InvalidError

DEFAULT = "{prefix}-{seq:04}"
WORDS = ("prefix", "species", "year", "yy", "month", "sex", "seq")
_PLACE = re.compile(r"\{([^{}]*)\}")
_SEQ = re.compile(r"seq(?::0?([1-9]))?")
_LITERAL = re.compile(r"[A-Z0-9-]*")
_ROOM = 6
"""Digits that a number may grow to without leaving the room of a code."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a template may say of an animal."""

    species: str = ""
    """The species' letters; `XX` where there are none."""
    born_on: date | None = None
    sex: Literal["male", "female", "unknown"] = "unknown"


class Scope(msgspec.Struct, frozen=True):
    """The text around a running number: all animals that share it share one sequence."""

    head: str
    tail: str
    digits: int

    @property
    def name(self) -> str:
        """The scope as one text."""
        return f"{self.head}#{self.tail}"

    def code(self, number: int) -> str:
        """Write the code of the n-th animal."""
        return f"{self.head}{number:0{self.digits}d}{self.tail}"


def checked(text: str) -> str:
    """Return a template in capitals (its words in lower case), ready to be stored.

    Raises `InvalidError` naming what is wrong: an unknown word, no or two numbers, a letter that no code may have, too long.
    """
    template = _PLACE.sub(lambda place: place[0].lower(), text.strip().upper())
    words = _PLACE.findall(template)
    for word in words:
        if word.split(":")[0] not in WORDS or (word not in WORDS and not _SEQ.fullmatch(word)):
            known = ", ".join(f"{{{each}}}" for each in WORDS)
            raise InvalidError(f"{{{word}}} is no word of a template; there are {known} and {{seq:04}}", "/template")
    if sum(word.startswith("seq") for word in words) != 1:
        raise InvalidError("a template has {seq}, the running number, exactly once", "/template")
    if not _LITERAL.fullmatch(_PLACE.sub("", template)):
        raise InvalidError("beside its words a template has capitals, digits and dashes", "/template")
    longest = scope_of(template, Facts(species="XXX"), prefix="X" * 5, today=date(2000, 12, 31)).code(10**_ROOM)
    if len(longest) > LONGEST or not SHAPE.fullmatch(longest):
        raise InvalidError(f"its codes would be no codes, or longer than {LONGEST}: {longest}", "/template")
    return template


def scope_of(template: str, facts: Facts, *, prefix: str, today: date) -> Scope:
    """Fill in everything but the running number."""
    day = facts.born_on or today
    values = {
        "prefix": prefix,
        "species": facts.species or "XX",
        "year": f"{day.year:04d}",
        "yy": f"{day.year % 100:02d}",
        "month": f"{day.month:02d}",
        "sex": facts.sex[0].upper(),
    }
    filled = _PLACE.sub(lambda place: values.get(place[1], place[0]), template)
    number = _PLACE.search(filled)
    if number is None:
        raise InvalidError("a template has {seq}, the running number, exactly once", "/template")
    digits = _SEQ.fullmatch(number[1])
    return Scope(filled[: number.start()], filled[number.end() :], int(digits[1] or 1) if digits else 1)
