"""Record batches of the Kafka message format v2, kept opaque except for their 61-byte header.

Layout: https://kafka.apache.org/documentation/#recordbatch
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from crc32c import crc32c

HEADER = struct.Struct(">qiibIhiqqqhii")
HEADER_SIZE = HEADER.size
_LENGTH_PREFIX = 12
_CRC_START = 21
_PLACEMENT = struct.Struct(">qii")

TIMESTAMP_TYPE_BIT = 0x08
TRANSACTIONAL_BIT = 0x10
CONTROL_BIT = 0x20
SEQUENCE_MASK = 0x7FFFFFFF


class Batch(NamedTuple):
    """The header of one record batch, field for field."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_delta: int
    first_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records: int

    @property
    def size(self) -> int:
        """Return the bytes of the whole batch, header included."""
        return self.length + _LENGTH_PREFIX

    @property
    def last_offset(self) -> int:
        """Return the offset of the last record (compaction may have removed it)."""
        return self.base_offset + self.last_delta

    @property
    def is_control(self) -> bool:
        """Tell whether this is a transaction marker."""
        return bool(self.attributes & CONTROL_BIT)

    @property
    def is_transactional(self) -> bool:
        """Tell whether the batch belongs to a transaction."""
        return bool(self.attributes & TRANSACTIONAL_BIT)

    @property
    def last_sequence(self) -> int:
        """Return the sequence number of the last record; sequences wrap at 2^31."""
        return (self.base_sequence + self.records - 1) & SEQUENCE_MASK


class DamagedBatch(Exception):
    """The bytes at `position` are not a whole, intact batch."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"{reason} at byte {position}")
        self.position = position
        self.reason = reason


def read_batch(data: bytes | memoryview, position: int = 0) -> Batch:
    """Parse and verify the batch at `position`.

    Raises DamagedBatch when it is cut off, of another format, or its CRC-32C does not match.
    """
    batch = peek_batch(data, position)
    if crc32c(memoryview(data)[position + _CRC_START : position + batch.size]) != batch.crc:
        raise DamagedBatch(position, "CRC mismatch")
    return batch


def peek_batch(data: bytes | memoryview, position: int = 0) -> Batch:
    """Parse the header at `position` and check that the whole batch is there, without its CRC."""
    if len(data) - position < HEADER_SIZE:
        raise DamagedBatch(position, "batch header cut off")
    batch = Batch._make(HEADER.unpack_from(data, position))
    if batch.magic != 2:
        raise DamagedBatch(position, f"message format {batch.magic} instead of 2")
    if batch.length < HEADER_SIZE - _LENGTH_PREFIX or len(data) - position < batch.size:
        raise DamagedBatch(position, "batch cut off")
    if batch.last_delta < 0 or batch.records < 0:
        raise DamagedBatch(position, "negative record count")
    return batch


def walk(data: bytes | memoryview, position: int = 0) -> Iterator[tuple[int, Batch]]:
    """Yield (position, batch) for each intact batch; raises DamagedBatch at the first that is not."""
    while position < len(data):
        batch = read_batch(data, position)
        yield position, batch
        position += batch.size


def place(data: bytes | memoryview, batch: Batch, base_offset: int) -> bytes:
    """Return the batch with its base offset set and leader epoch 0; the CRC does not cover either."""
    return b"".join((_PLACEMENT.pack(base_offset, batch.length, 0), memoryview(data)[_PLACEMENT.size : batch.size]))


def stamp(data: bytes, timestamp_ms: int) -> bytes:
    """Return a placed batch marked with the broker's append time (`message.timestamp.type=LogAppendTime`)."""
    fields = list(HEADER.unpack_from(data))
    fields[5] |= TIMESTAMP_TYPE_BIT
    fields[8] = timestamp_ms
    stamped = bytearray(data)
    HEADER.pack_into(stamped, 0, *fields)
    struct.pack_into(">I", stamped, _CRC_START - 4, crc32c(memoryview(stamped)[_CRC_START:]))
    return bytes(stamped)


def control_batch(base_offset: int, producer_id: int, producer_epoch: int, commit: bool, timestamp_ms: int) -> bytes:
    """Build the marker that ends a transaction (EndTransactionMarker, version 0)."""
    key = struct.pack(">hh", 0, 1 if commit else 0)
    value = struct.pack(">hi", 0, 0)
    # Varints below are zig-zag encoded lengths: 8 -> 4 bytes of key, 12 -> 6 bytes of value.
    record = b"\x00\x00\x00\x08" + key + b"\x0c" + value + b"\x00"
    body = bytes([len(record) * 2]) + record
    checked = struct.pack(
        ">hiqqqhii",
        TRANSACTIONAL_BIT | CONTROL_BIT,
        0,
        timestamp_ms,
        timestamp_ms,
        producer_id,
        producer_epoch,
        -1,
        1,
    )
    checked += body
    return struct.pack(">qiibI", base_offset, len(checked) + 9, 0, 2, crc32c(checked)) + checked


def is_commit(data: bytes | memoryview) -> bool:
    """Tell whether a control batch commits its transaction (rather than aborts it)."""
    # header, record length, attributes, two deltas, key length: 61 + 1 + 1 + 1 + 1 + 1; then version, type.
    return bool(struct.unpack_from(">h", data, HEADER_SIZE + 7)[0] == 1)
