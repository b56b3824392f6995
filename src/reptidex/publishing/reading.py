"""A file of events, read piece by piece: JSON lines, one JSON array, or one object."""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from reptidex.errors import ContractError

WHOLE_BYTES = 64 * 1024 * 1024
"""The largest array; JSON lines have no such limit, since each is read by itself."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""With which some editors begin a file; a reader may pass it over (RFC 8259, 8.1)."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it stands in the file."""

    line: int
    """Where it begins, from 1; of an array its entry, from 1."""
    raw: bytes
    within_array: bool = False

    @property
    def place(self) -> str:
        """`line 3` or `entry 3`."""
        return f"{'entry' if self.within_array else 'line'} {self.line}"


def pieces(file: BinaryIO) -> Iterator[Piece]:
    """Yield the events of a file without looking into them. Raises `ContractError` for an array that is none."""
    first = b""
    begins = 0
    for number, line in enumerate(file, 1):
        if line.strip():
            first, begins = line, number
            break
    first = first.removeprefix(BYTE_ORDER_MARK)
    if first.lstrip()[:1] == b"[":
        yield from _entries(first + file.read(WHOLE_BYTES + 1))
    elif first.strip() and not _whole(first):
        rest = file.read(WHOLE_BYTES + 1)  # one object over several lines, as people write it
        if _whole(first + rest):
            yield Piece(line=begins, raw=first + rest)
        else:
            yield Piece(line=begins, raw=first.strip())
            lines = (rest + file.readline()).split(b"\n")  # to the end of the line at which the reading stopped
            if not lines[-1]:
                lines.pop()
            yield from _lines(lines, begins + 1)
            yield from _lines(file, begins + 1 + len(lines))
    else:
        if first.strip():
            yield Piece(line=begins, raw=first.strip())
        yield from _lines(file, begins + 1)


def _lines(lines: Iterator[bytes] | BinaryIO | list[bytes], begins: int) -> Iterator[Piece]:
    for number, line in enumerate(lines, begins):
        if line.strip():
            yield Piece(line=number, raw=line.strip())


def _entries(raw: bytes) -> Iterator[Piece]:
    if len(raw) > WHOLE_BYTES:
        raise ContractError(f"an array may have {WHOLE_BYTES} bytes; write one event a line instead")
    try:
        entries = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise ContractError(f"the array cannot be read: {problem}") from problem
    for number, entry in enumerate(entries, 1):
        yield Piece(line=number, raw=bytes(entry), within_array=True)


def _whole(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True
