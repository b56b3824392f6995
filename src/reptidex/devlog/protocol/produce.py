"""Produce requests and answers, versions 3 to 8, by hand: the way every record comes in."""

import struct
from dataclasses import dataclass

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.protocol.reader import Reader
from reptidex.devlog.protocol.writer import INT32, string

_RESULT_V3 = struct.Struct(">ihqq")
_RESULT_V5 = struct.Struct(">ihqqq")
_NO_RECORD_ERRORS = b"\x00\x00\x00\x00\xff\xff"


@dataclass(slots=True)
class ProduceRequest:
    """Records for partitions: (topic, [(partition, records)])."""

    transactional_id: str | None
    acks: int
    topics: list[tuple[str, list[tuple[int, memoryview | None]]]]


@dataclass(slots=True)
class ProduceResult:
    """The fate of the records of one partition."""

    partition: int
    error: ErrorCode
    base_offset: int = -1
    append_time_ms: int = -1
    start: int = -1


def decode_produce(data: bytes, position: int) -> ProduceRequest:
    """Read a request of any understood version; raises MalformedRequest."""
    reader = Reader(data, position)
    transactional_id = reader.nullable_string()
    acks = reader.int16()
    reader.int32()  # timeout: nothing here waits for replicas
    topics = [
        (reader.string(), [(reader.int32(), reader.nullable_bytes()) for _ in range(reader.count())])
        for _ in range(reader.count())
    ]
    return ProduceRequest(transactional_id, acks, topics)


def encode_produce(version: int, correlation: int, topics: list[tuple[str, list[ProduceResult]]]) -> bytes:
    """Return the answer with its header."""
    out = [INT32.pack(correlation), INT32.pack(len(topics))]
    for name, results in topics:
        out += (string(name), INT32.pack(len(results)))
        for result in results:
            fields = (result.partition, result.error, result.base_offset, result.append_time_ms)
            out.append(_RESULT_V3.pack(*fields) if version < 5 else _RESULT_V5.pack(*fields, result.start))
            if version >= 8:
                out.append(_NO_RECORD_ERRORS)
    out.append(INT32.pack(0))
    return b"".join(out)
