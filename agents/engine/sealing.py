"""What a unit says, sealed: encoded once, into the very bytes that the outbox stores and the log takes.

An event is encoded when it is published, a batch of them when its unit ends. Everything behind that (the commit, the relay, a
later owner that sends what its predecessor left) only hands the bytes on: its cost does not depend on the number of events.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from reptidex.agents.engine.inputs import MARK
from reptidex.streams.codec import CONTENT_TYPE
from reptidex.tables.outbox import Sealed

Header = tuple[str, bytes]
Outgoing = tuple[str, int, bytes, bytes, str, Header, str | None]
"""A record on its way out: topic, partition, key, value, id, the header with its type, traceparent.

A plain tuple: one is made for every event.
"""
ID = 4
"""The place of the id in it."""

BATCH_BYTES = 640 * 1024
"""A batch is closed when it would grow beyond this; a larger record has one of its own.

Each costs a round trip and a write to the log's disk. Logs take up to 1,048,588 bytes by default (`message.max.bytes`).
"""
_CONTENT_TYPE: Header = ("content-type", CONTENT_TYPE.encode())


def type_header(name: str) -> Header:
    """Return the header that tells the type of a message."""
    return ("ce_type", name.encode())


class _Batch:
    """The batch of one topic-partition that is being filled."""

    __slots__ = ("append", "build", "count")

    def __init__(self) -> None:
        builder: Any = DefaultRecordBatchBuilder(
            2,
            compression_type=0,
            is_transactional=0,
            producer_id=-1,
            producer_epoch=-1,
            base_sequence=0,
            batch_size=BATCH_BYTES,
        )
        self.append, self.build, self.count = builder.append, builder.build, 0


def seal(service: str, outbox: int, first: int, said: Sequence[Outgoing], now: datetime) -> list[Sealed]:
    """Encode what a unit says on account of one partition number: records `first` and following of that outbox, in order.

    The records of one topic-partition keep their order, over as many batches as they need.
    """
    sealed: list[Sealed] = []
    filling: dict[tuple[str, int], _Batch] = {}
    mark, stamp = f"{service}:{outbox}:".encode(), int(now.timestamp() * 1000)
    last: tuple[str, int] | None = None
    batch = _Batch()
    for number, (topic, partition, key, value, event_id, kind, traceparent) in enumerate(said, first):
        # Most of what a unit says goes where the record before went.
        if last is None or partition != last[1] or topic != last[0]:
            last = (topic, partition)
            batch = filling.get(last) or filling.setdefault(last, _Batch())
        headers = [(MARK, b"%b%d" % (mark, number)), _CONTENT_TYPE, ("ce_id", event_id.encode()), kind]
        if traceparent:
            headers.append(("traceparent", traceparent.encode()))
        if batch.append(batch.count, stamp, key, value, headers) is None:
            sealed.append(Sealed(topic, partition, batch.count, bytes(batch.build())))
            batch = filling[last] = _Batch()
            batch.append(0, stamp, key, value, headers)
        batch.count += 1
    sealed += [Sealed(*at, each.count, bytes(each.build())) for at, each in filling.items()]
    return sealed


class Record(NamedTuple):
    """A record read back from a sealed batch."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    headers: Sequence[Header]

    @property
    def type(self) -> str:
        """The type of the message."""
        return dict(self.headers)["ce_type"].decode()


def opened(sealed: Sealed) -> Iterator[Record]:
    """Yield the records of a sealed batch, in order."""
    batches: Any = MemoryRecords(sealed.records)
    while batches.has_next():
        for record in batches.next_batch():
            yield Record(sealed.topic, sealed.partition, record.key, record.value, record.headers)
