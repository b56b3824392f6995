"""Search a partition by time."""

from reptidex.devlog.storage.partition import Partition
from reptidex.devlog.storage.records import UnreadableRecords, records_of

NOTHING = (-1, -1)


def offset_at(partition: Partition, timestamp_ms: int) -> tuple[int, int]:
    """Return (offset, timestamp) of the first record at or after the time, or (-1, -1).

    Raises DamagedSegment or OSError.
    """
    for segment in partition.segments:
        if segment.max_timestamp < timestamp_ms or segment.end <= partition.start:
            continue
        for batch, data in segment.batches(partition.shared.pool):
            if batch.is_control or batch.max_timestamp < timestamp_ms or batch.last_offset < partition.start:
                continue
            try:
                for record in records_of(data):
                    if record.timestamp >= timestamp_ms and record.offset >= partition.start:
                        return record.offset, record.timestamp
            except UnreadableRecords:  # one of them has such a time; nobody knows which
                return max(batch.base_offset, partition.start), batch.max_timestamp
    return NOTHING
