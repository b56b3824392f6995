"""What every reader of a file gives: numbered entries and numbered problems."""

from typing import Any, Generic, Literal, TypeVar

import msgspec

from reptidex.errors import DomainError

T = TypeVar("T")

MOST_LINES = 20_000
"""Entries in one file; a larger file is cut up by whoever sends it."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong with, or doubtful about, a line."""

    line: int
    """As an editor counts them: the heading is line 1. In JSON the place of the entry in its list, from 1."""
    field: str = ""
    rule: str
    severity: Literal["error", "warning", "note"] = "error"
    text: str


class Numbered(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """An entry with the line on which it stands."""

    line: int
    entry: T


class Reading(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a file says. An entry with an error is left out, and stands among the problems."""

    entries: list[Numbered[T]]
    problems: list[Problem] = []
    ignored: tuple[str, ...] = ()
    """Columns or tags that are not understood, and were passed over."""


class UnreadableError(DomainError):
    """The file as a whole is not of the format; `line` is where that shows, 0 where it has no line."""

    status = 422
    title = "The file cannot be read"

    def __init__(self, detail: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {detail}" if line else detail)
        self.line = line


def text_of(raw: bytes) -> str:
    """Decode a file: UTF-8 or UTF-16 by its byte order mark, else UTF-8, else Windows-1252 (what old spreadsheets write).

    Raises `UnreadableError` for bytes that are no text.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return _decoded(raw, encoding)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = _decoded(raw, "cp1252")
    if "\0" in text:
        raise UnreadableError("the file holds zero bytes: it is no text")
    return text


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as problem:
        raise UnreadableError(f"the file is no text: {problem.reason} at byte {problem.start}") from None
    if "\0" in text:
        raise UnreadableError("the file holds zero bytes: it is no text")
    return text


def check_storable(value: Any) -> None:
    """Raise `ValueError` where the character U+0000 is in a decoded value: no database takes it, and JSON can say it."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str) and "\0" in one:
            raise ValueError("the character U+0000 cannot be stored")
        todo.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())


def check_count(count: int, most: int = MOST_LINES) -> None:
    """Raise `UnreadableError` where a file has more entries than are taken at once."""
    if count > most:
        raise UnreadableError(f"the file has more than {most} entries; divide it")
