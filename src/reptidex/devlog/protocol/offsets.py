"""OffsetFetch (1 to 5) and OffsetCommit (2 to 7) answers by hand: a consumer asks for all its partitions at once."""

import struct

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.protocol.writer import INT16, INT32, string

_COMMITTED = struct.Struct(">iq")
_RESULT = struct.Struct(">ih")

Position = tuple[int, int, str]
"""Partition, committed offset (-1 for none), metadata."""


def encode_offset_fetch(
    version: int, correlation: int, topics: list[tuple[str, list[Position]]], error: ErrorCode
) -> bytes:
    """Return the answer with its header."""
    out = [INT32.pack(correlation)]
    if version >= 3:
        out.append(INT32.pack(0))
    epoch = INT32.pack(-1) if version >= 5 else b""
    result = INT16.pack(error)
    out.append(INT32.pack(len(topics)))
    for name, positions in topics:
        out += (string(name), INT32.pack(len(positions)))
        for partition, offset, metadata in positions:
            out += (_COMMITTED.pack(partition, offset), epoch, string(metadata), result)
    if version >= 2:
        out.append(result)
    return b"".join(out)


def encode_offset_commit(
    version: int, correlation: int, topics: list[tuple[str, list[tuple[int, ErrorCode]]]]
) -> bytes:
    """Return the answer with its header."""
    out = [INT32.pack(correlation)]
    if version >= 3:
        out.append(INT32.pack(0))
    out.append(INT32.pack(len(topics)))
    for name, results in topics:
        out += (string(name), INT32.pack(len(results)))
        out += [_RESULT.pack(partition, error) for partition, error in results]
    return b"".join(out)
