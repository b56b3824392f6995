"""Fetch requests and answers, versions 4 to 11, by hand: the way every record goes out."""

import struct
from dataclasses import dataclass

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import MalformedRequest
from reptidex.devlog.protocol.reader import Reader
from reptidex.devlog.protocol.writer import INT16, INT32, INT64, string

# Each gives (partition, offset, max bytes); versions differ in what lies between, which is skipped.
_PARTITION_V4 = struct.Struct(">iqi")
_PARTITION_V5 = struct.Struct(">iq8xi")
_PARTITION_V9 = struct.Struct(">i4xq8xi")
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
    form = _PARTITION_V9 if version >= 9 else _PARTITION_V5 if version >= 5 else _PARTITION_V4
    try:
        topics = _topics(data, reader.position, form)
    except (struct.error, UnicodeDecodeError) as error:
        raise MalformedRequest(f"fetch request: {error}") from error
    return FetchRequest(max_wait, min_bytes, max_bytes, committed_only, sessionless, topics)


def _topics(data: bytes, position: int, form: struct.Struct) -> list[tuple[str, list[tuple[int, int, int]]]]:
    # The longest loop of an idle log (every consumer names all its partitions in every poll), hence without Reader.
    topics: dict[str, list[tuple[int, int, int]]] = {}
    view = memoryview(data)
    (count,) = INT32.unpack_from(data, position)
    position += 4
    for _ in range(count):
        (length,) = INT16.unpack_from(data, position)
        start = position + 2 + length
        (rows,) = INT32.unpack_from(data, start)
        end = start + 4 + rows * form.size
        if length < 0 or rows < 0 or end > len(data):
            raise MalformedRequest(f"fetch request ends at byte {len(data)}")
        name = data[position + 2 : start].decode()
        found = list(form.iter_unpack(view[start + 4 : end]))
        if name in topics:  # librdkafka may name a topic more than once
            topics[name] += found
        else:
            topics[name] = found
        position = end
    return list(topics.items())


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
