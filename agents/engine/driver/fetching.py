"""Records as the client's parser made them, whole batches at a time.

aiokafka wraps each record that it parsed (in C) into a second object (in Python), one call and one generator step a record:
more than the parsing itself costs. A unit of work needs none of that, so batches are taken from the fetcher as they lie there.
"""

import asyncio
import logging
import time
from typing import Any, NamedTuple

from aiokafka.consumer.fetcher import READ_UNCOMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException
from aiokafka.structs import TopicPartition

from reptidex.agents.engine.inputs import LogRecord

log = logging.getLogger(__name__)

MOST_BYTES = 16 * 1024 * 1024
"""So much is handed over at a time, however few records that are; of each partition the log gives a mebibyte."""


class Fetched(NamedTuple):
    """Records by partition, and about how many bytes they are."""

    records: dict[TopicPartition, list[Any]]
    size: int


async def fetched(fetcher: Any, active: set[Any], timeout: float, most: int) -> Fetched:
    """Return what the fetcher holds of these partitions, waiting for a while where it holds nothing.

    Batches are not cut, so that it may be a batch more than `most`. Raises what the fetch of a partition failed with.
    """
    end = time.monotonic() + timeout
    while True:
        if fetcher._subscriptions.reassignment_in_progress:
            await fetcher._subscriptions.wait_for_assignment()
        if (held := _held(fetcher, active, most)).records:
            return held
        waiter = fetcher._create_fetch_waiter()
        await asyncio.wait([waiter], timeout=max(0.0, end - time.monotonic()))
        if not waiter.done():
            waiter.cancel()
            return Fetched({}, 0)
        if fetcher._closed:
            return Fetched({}, 0)
        waiter.result()


def _held(fetcher: Any, active: set[Any], most: int) -> Fetched:
    taken: dict[TopicPartition, list[Any]] = {}
    size = 0
    for tp in list(fetcher._records):
        held = fetcher._records[tp]
        if tp not in active:
            if not fetcher._subscriptions.is_assigned(tp):
                del fetcher._records[tp]
            continue
        if type(held) is not FetchResult:
            if taken:
                break  # told at the next look
            _done(fetcher, tp)
            held.check_raise()
            continue
        size += held._partition_records._records.size_in_bytes() if held.has_more() else 0
        records = _take(held, tp, most)
        if not held.has_more():
            _done(fetcher, tp)
        if records:
            taken[tp] = records
            most -= len(records)
            if most <= 0 or size >= MOST_BYTES:
                break
    return Fetched(taken, size)


def _unpacked(batch: Any, tp: TopicPartition) -> list[Any]:
    """Return the records of a batch. What cannot be read of it is one record, which says so: it will be a letter."""
    records = list[Any]()
    try:
        records.extend(batch)  # what was read before a failure stays
    except Exception as problem:  # noqa: BLE001 - whatever a stranger has put there
        first = records[-1].offset + 1 if records else batch.base_offset
        last = batch.next_offset - 1
        told = f"offsets {first} to {last} of {tp.topic}/{tp.partition} cannot be read: {problem!r}"
        log.error("%s", told)
        records.append(LogRecord(tp.topic, tp.partition, last, None, told.encode(errors="replace")))
    return records


def _done(fetcher: Any, tp: TopicPartition) -> None:
    """Let the fetcher ask for more of a partition."""
    del fetcher._records[tp]
    fetcher._notify(fetcher._wait_consume_future)


def _take(held: Any, tp: TopicPartition, most: int) -> list[Any]:
    """Take batches until there are at least `most` records."""
    if not held.check_assignment(tp) or not held.has_more():
        return []
    part = held._partition_records
    if part._isolation_level != READ_UNCOMMITTED:
        records: list[Any] = held.getall(most)  # who leaves aborted transactions out knows how
        return records
    # Of no use here, and with `part` a cycle that holds the fetched bytes until the collector looks, which is seldom.
    part._records_iterator = None
    batches, taken = part._records, list[Any]()
    while len(taken) < most and batches.has_next():
        batch = batches.next_batch()
        if part._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {tp}")
        if not batch.is_control_batch:
            records = _unpacked(batch, tp)
            # A fetch from the middle of a batch brings the batch whole.
            if records and records[0].offset < part.next_fetch_offset:
                records = [record for record in records if record.offset >= part.next_fetch_offset]
            taken += records
        # The batch knows its last offset even where compaction has removed the record that had it.
        part.next_fetch_offset = batch.next_offset
    held._update_position()
    if not batches.has_next():
        held._partition_records = None
    return taken
