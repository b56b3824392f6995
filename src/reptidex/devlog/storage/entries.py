"""What the journal says: every change of the log's state is one of these entries, replayed in order."""

import struct
from dataclasses import dataclass

import msgspec


class SegmentFile(msgspec.Struct, frozen=True, array_like=True):
    """One file of a partition: records [base, end) in `size` bytes whose CRC-32C is `crc`."""

    base: int
    generation: int
    size: int
    end: int
    crc: int
    max_timestamp: int
    created_ms: int


class TopicCreated(msgspec.Struct, tag="topic", frozen=True):
    """A topic began; `topic_id` is never used again."""

    topic_id: int
    name: str
    partitions: int
    configs: dict[str, str]


class TopicDeleted(msgspec.Struct, tag="gone", frozen=True):
    """A topic and its records ended."""

    topic_id: int


class PartitionsGrown(msgspec.Struct, tag="grow", frozen=True):
    """A topic now has `partitions` partitions."""

    topic_id: int
    partitions: int


class ConfigsSet(msgspec.Struct, tag="conf", frozen=True):
    """A topic's own settings are now exactly `configs`."""

    topic_id: int
    configs: dict[str, str]


class Rolled(msgspec.Struct, tag="roll", frozen=True):
    """The next batch of the partition opens a new segment at `base`."""

    topic_id: int
    partition: int
    base: int
    created_ms: int


class StartMoved(msgspec.Struct, tag="start", frozen=True):
    """Records below `offset` are gone (retention, DeleteRecords)."""

    topic_id: int
    partition: int
    offset: int


class SegmentsReplaced(msgspec.Struct, tag="swap", frozen=True):
    """Compaction put `new` in the place of the sealed segments with these bases."""

    topic_id: int
    partition: int
    old: list[int]
    new: SegmentFile


class OffsetsCommitted(msgspec.Struct, tag="offs", frozen=True):
    """A group's positions: (topic, partition, offset, metadata) each."""

    group: str
    positions: list[tuple[str, int, int, str]]


class OffsetsForgotten(msgspec.Struct, tag="unoff", frozen=True):
    """A group (`positions` is None) or some of its positions were deleted."""

    group: str
    positions: list[tuple[str, int]] | None = None


class ProducerIdsTaken(msgspec.Struct, tag="pids", frozen=True):
    """Producer ids below `upto` may be in use."""

    upto: int


class PendingOffsets(msgspec.Struct, frozen=True, array_like=True):
    """Positions of a group that become visible when the transaction commits."""

    group: str
    positions: list[tuple[str, int, int, str]]


class Transaction(msgspec.Struct, tag="txn", frozen=True):
    """The whole state of one transactional id after a step."""

    transactional_id: str
    producer_id: int
    epoch: int
    state: str
    timeout_ms: int
    started_ms: int = 0
    partitions: list[tuple[str, int]] = []
    groups: list[str] = []
    offsets: list[PendingOffsets] = []


@dataclass(slots=True, frozen=True)
class Appended:
    """One placed record batch of one partition."""

    topic_id: int
    partition: int
    data: bytes


Control = (
    TopicCreated
    | TopicDeleted
    | PartitionsGrown
    | ConfigsSet
    | Rolled
    | StartMoved
    | SegmentsReplaced
    | OffsetsCommitted
    | OffsetsForgotten
    | ProducerIdsTaken
    | Transaction
)
Entry = Appended | Control

_APPENDED = struct.Struct(">BIII")
_CONTROL = struct.Struct(">BI")
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Control] = msgspec.json.Decoder(Control)


def encode(entry: Entry) -> bytes:
    """Return the entry as it stands in a journal frame."""
    if isinstance(entry, Appended):
        return _APPENDED.pack(1, entry.topic_id, entry.partition, len(entry.data)) + entry.data
    body = _encoder.encode(entry)
    return _CONTROL.pack(2, len(body)) + body


def decode_all(payload: bytes) -> list[Entry]:
    """Return the entries of a frame whose checksum was found right."""
    entries: list[Entry] = []
    position = 0
    while position < len(payload):
        if payload[position] == 1:
            _, topic_id, partition, length = _APPENDED.unpack_from(payload, position)
            position += _APPENDED.size
            entries.append(Appended(topic_id, partition, payload[position : position + length]))
        else:
            _, length = _CONTROL.unpack_from(payload, position)
            position += _CONTROL.size
            entries.append(_decoder.decode(payload[position : position + length]))
        position += length
    return entries
