"""Fetch requests and answers, versions 4 to 11, by hand: the way every record goes out."""

import struct
from dataclasses import dataclass

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import MalformedRequest
from reptidex.devlog.protocol.reader import Reader
from reptidex.devlog.protocol.writer import INT32, INT64, string

_PARTITION = {
    4: struct.Struct(">iqi"),  # partition, offset, max bytes
    5: struct.Struct(">iqqi"),  # ... log start before max bytes
    9: struct.Struct(">iiqqi"),  # ... leader epoch after partition
}
_HEAD_V4 = struct.Struct(">ihqq")
_HEAD_V5 = struct.Struct(">ihqqq")


@dataclass(slots=True)
class FetchRequest:
    """What a consumer wants: (topic, [(partition, offset, max bytes)])."""

    max_wait_ms: int
    min_bytes: int
    max_bytes: int
    committed_only: bool
    sessionless: bool
    topics: list[tuple[str, list[tuple[int, int, int]]]]


def decode_fetch(version: int, data: bytes, position: int) -> FetchRequest:
    """Read a request; fetch sessions (KIP-227) are not kept, so each names all its partitions."""
    reader = Reader(data, position)
    reader.int32()  # replica id
    max_wait, min_bytes, max_bytes = reader.int32(), reader.int32(), reader.int32()
    committed_only = reader.int8() == 1
    sessionless = True
    if version >= 7:
        reader.int32()  # session id
        sessionless = reader.int32() == -1
    form = _PARTITION[9 if version >= 9 else 5 if version >= 5 else 4]
    topics = []
    for _ in range(reader.count()):
        name = reader.string()
        size = reader.count() * form.size
        start = reader.position
        if start + size > len(data):
            raise MalformedRequest(f"request ends at byte {len(data)}")
        rows = form.iter_unpack(memoryview(data)[start : start + size])
        if version >= 9:
            topics.append((name, [(row[0], row[2], row[4]) for row in rows]))
        elif version >= 5:
            topics.append((name, [(row[0], row[1], row[3]) for row in rows]))
        else:
            topics.append((name, list(rows)))
        reader.position = start + size
    return FetchRequest(max_wait, min_bytes, max_bytes, committed_only, sessionless, topics)


def encode_partition(
    version: int,
    index: int,
    error: ErrorCode,
    high_watermark: int = -1,
    last_stable: int = -1,
    start: int = -1,
    records: bytes = b"",
    aborted: list[tuple[int, int]] | None = None,
) -> bytes:
    """Return the answer for one partition."""
    head = (
        _HEAD_V4.pack(index, error, high_watermark, last_stable)
        if version < 5
        else _HEAD_V5.pack(index, error, high_watermark, last_stable, start)
    )
    if aborted is None:
        transactions = b"\xff\xff\xff\xff"
    else:
        transactions = INT32.pack(len(aborted)) + b"".join(INT64.pack(p) + INT64.pack(first) for p, first in aborted)
    replica = b"\xff\xff\xff\xff" if version >= 11 else b""
    return b"".join((head, transactions, replica, INT32.pack(len(records)), records))


def encode_fetch(version: int, correlation: int, topics: list[tuple[str, list[bytes]]]) -> bytes:
    """Return the answer with its header from the parts that `encode_partition` made."""
    out = [INT32.pack(correlation), INT32.pack(0)]
    if version >= 7:
        out.append(b"\x00\x00\x00\x00\x00\x00")  # no error, no session
    out.append(INT32.pack(len(topics)))
    for name, partitions in topics:
        out += (string(name), INT32.pack(len(partitions)))
        out += partitions
    return b"".join(out)
