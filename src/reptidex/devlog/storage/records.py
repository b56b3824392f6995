"""The records inside a batch, for the two jobs that must look inside: compaction and search by time."""

from collections.abc import Iterator
from typing import Any


class UnreadableRecords(Exception):
    """A batch is whole, and what is in it is not: its checksum is the producer's, and so is its inside."""


def records_of(data: bytes) -> Iterator[Any]:
    """Yield the records of one batch (offset, timestamp, key, value, headers), decompressed; raises UnreadableRecords."""
    # Importing aiokafka takes 0.3 s, and most runs of the log never look inside a batch.
    from aiokafka.record.memory_records import MemoryRecords

    try:
        records = MemoryRecords(data)
        while records.has_next():
            batch = records.next_batch()
            if batch is not None:
                yield from batch
    except Exception as error:
        raise UnreadableRecords(repr(error)) from error
