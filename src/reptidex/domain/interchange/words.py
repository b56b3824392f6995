"""The words of other programs for a sex, an unknown parent and a date."""

import re
from datetime import date
from typing import Literal

Sex = Literal["male", "female", "unknown"]
Precision = Literal["day", "month", "year", "unknown"]

_SEXES: dict[str, Sex] = {
    **dict.fromkeys(("m", "male", "1", "1.0.0", "1.0", "♂"), "male"),
    **dict.fromkeys(("f", "female", "2", "0.1.0", "0.1", "♀"), "female"),
    **dict.fromkeys(("", "u", "unk", "unknown", "0", "3", "?", "x", "na", "n/a", "undetermined", "0.0.1"), "unknown"),
}
"""M/F/U of studbooks; 1/2/0 of PLINK and most programs for livestock; 1.0.0, 0.1.0 and 0.0.1 of breeders' price lists."""

NOBODY = frozenset(("", "0", "na", "n/a", "nan", "none", "null", "unk", "unknown", "?", "-", ".", "*", "#n/a"))
"""How programs write a parent that is not known."""
WILD = frozenset(("wild", "wc", "wild caught", "founder"))
SEVERAL = frozenset(("mult", "multiple", "mult1", "mult2"))
"""PopLink and SPARKS write several possible parents as MULT."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = {name: number for number, name in enumerate(MONTHS, 1)}
_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_WORDS = re.compile(r"(?:(\d{1,2})[ -])?([A-Za-z]{3})[A-Za-z]*[ -](\d{4})")


def sex_of(text: str) -> Sex | None:
    """Return the sex that a word names; None for a word that names none."""
    return _SEXES.get(text.strip().casefold())


def parent_of(text: str) -> tuple[str | None, str]:
    """Return the id of a parent, or None with the reason: `unknown`, `wild`, `several`."""
    word = text.strip()
    folded = word.casefold()
    if folded in NOBODY:
        return None, "unknown"
    if folded in WILD:
        return None, "wild"
    if folded in SEVERAL:
        return None, "several"
    return word, ""


def date_of(text: str) -> tuple[date, Precision]:
    """Read a date, or a month or a year alone: ISO 8601, 20240501, 1.5.2024, 1 MAY 2024, MAY 2024.

    Raises `ValueError` with the reason, also where day and month cannot be told apart (5/6/2024).
    """
    word = text.strip()
    if found := _COMPACT.fullmatch(word) or _ISO.fullmatch(word):
        year, month, day = (int(part) if part else None for part in found.groups())
        return _made(year or 0, month, day)
    if found := _GERMAN.fullmatch(word):
        return _made(int(found[3]), int(found[2]), int(found[1]))
    if found := _SLASHED.fullmatch(word):
        one, other, year = (int(part) for part in found.groups())
        if one <= 12 and other <= 12 and one != other:
            raise ValueError(
                f"{word!r} may be two days; write {year}-{one:02d}-{other:02d} or {year}-{other:02d}-{one:02d}"
            )
        return _made(year, *((one, other) if one <= 12 else (other, one)))
    if found := _WORDS.fullmatch(word):
        number = _NUMBERS.get(found[2].casefold())
        if number:
            return _made(int(found[3]), number, int(found[1]) if found[1] else None)
    raise ValueError(f"{word!r} is no date; write 2024-05-01, 2024-05 or 2024")


def date_text(day: date | None, precision: Precision) -> str:
    """Write a date as far as it is known."""
    if day is None or precision == "unknown":
        return ""
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[precision]]


def _made(year: int, month: int | None, day: int | None) -> tuple[date, Precision]:
    try:
        made = date(year, month or 1, day or 1)
    except ValueError:
        raise ValueError(f"there is no day {year:04d}-{month or 1:02d}-{day or 1:02d}") from None
    return made, "day" if day else "month" if month else "year"
