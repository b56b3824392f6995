"""Records as the client's parser made them, whole batches at a time.

aiokafka wraps each record that it parsed (in C) into a second object (in Python), one call and one generator step a record:
more than the parsing itself costs. A unit of work needs none of that, so batches are taken from the fetcher as they lie there.
"""

import asyncio
import time
from typing import Any

from aiokafka.consumer.fetcher import READ_UNCOMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException
from aiokafka.structs import TopicPartition


async def fetched(fetcher: Any, active: set[Any], timeout: float, most: int) -> dict[TopicPartition, list[Any]]:
    """Return what the fetcher holds of these partitions, waiting for a while where it holds nothing.

    Batches are not cut, so that it may be a batch more than `most`. Raises what the fetch of a partition failed with.
    """
    end = time.monotonic() + timeout
    while True:
        if fetcher._subscriptions.reassignment_in_progress:
            await fetcher._subscriptions.wait_for_assignment()
        if records := _held(fetcher, active, most):
            return records
        waiter = fetcher._create_fetch_waiter()
        await asyncio.wait([waiter], timeout=max(0.0, end - time.monotonic()))
        if not waiter.done():
            waiter.cancel()
            return {}
        if fetcher._closed:
            return {}
        waiter.result()


def _held(fetcher: Any, active: set[Any], most: int) -> dict[TopicPartition, list[Any]]:
    taken: dict[TopicPartition, list[Any]] = {}
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
        records = _take(held, tp, most)
        if not held.has_more():
            _done(fetcher, tp)
        if records:
            taken[tp] = records
            most -= len(records)
            if most <= 0:
                break
    return taken


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
    batches, taken = part._records, list[Any]()
    while len(taken) < most and batches.has_next():
        batch = batches.next_batch()
        if part._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {tp}")
        if not batch.is_control_batch:
            records = list(batch)
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
