"""Positions of groups: OffsetCommit, OffsetFetch, OffsetDelete."""

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.offsets import Position, encode_offset_commit, encode_offset_fetch
from reptidex.devlog.protocol.reader import Reader
from reptidex.devlog.protocol.schema import Answer
from reptidex.devlog.storage.entries import OffsetsCommitted, OffsetsForgotten

LONGEST_METADATA = 4096
SPACE_SHARE = 0.25
_NOTHING = (-1, "")


async def offset_commit(broker: Broker, request: Request) -> bytes:
    """Make positions durable, then confirm them."""
    body = request.decode()
    instance_id = getattr(body, "group_instance_id", None)
    generation = getattr(body, "generation_id_or_member_epoch", None)
    refusal = ErrorCode.none
    try:
        broker.groups.check_commit(
            body.group_id, body.member_id, body.generation_id if generation is None else generation, instance_id
        )
        broker.store.require_space(SPACE_SHARE)
    except Refused as refused:
        refusal = refused.code
    positions: list[tuple[str, int, int, str]] = []
    out = []
    for topic in body.topics:
        known = broker.store.state.topics.get(topic.name)
        count = len(known.partitions) if known is not None else 0
        results = []
        for row in topic.partitions:
            error = refusal
            metadata = row.committed_metadata or ""
            if error is ErrorCode.none and not 0 <= row.partition_index < count:
                error = ErrorCode.unknown_topic_or_partition
            elif error is ErrorCode.none and len(metadata) > LONGEST_METADATA:
                error = ErrorCode.offset_metadata_too_large
            if error is ErrorCode.none:
                positions.append((topic.name, row.partition_index, row.committed_offset, metadata))
            results.append((row.partition_index, error))
        out.append((topic.name, results))
    if positions:
        try:
            broker.store.submit(OffsetsCommitted(body.group_id, positions))
            await broker.store.durable()
        except StorageFailed:
            failed = ErrorCode.coordinator_not_available
            out = [(name, [(index, failed) for index, _ in results]) for name, results in out]
    return encode_offset_commit(request.version, request.correlation, out)


def offset_fetch(broker: Broker, request: Request) -> bytes:
    """Show positions; with no topics named, all of the group's."""
    reader = Reader(request.data, request.position)
    group_id = reader.string()
    known = broker.store.state.offsets.get(group_id, {})
    count = reader.int32()
    topics: list[tuple[str, list[Position]]] = []
    for _ in range(min(count, len(request.data))):
        name = reader.string()
        indexes = [reader.int32() for _ in range(reader.count())]
        topics.append((name, [(index, *known.get((name, index), _NOTHING)) for index in indexes]))
    if count < 0:
        found: dict[str, list[Position]] = {}
        for (name, index), (offset, metadata) in known.items():
            found.setdefault(name, []).append((index, offset, metadata))
        topics = list(found.items())
    return encode_offset_fetch(request.version, request.correlation, topics, ErrorCode.none)


async def offset_delete(broker: Broker, request: Request) -> Answer:
    """Forget single positions of a group without members (KIP-496)."""
    body = request.decode()
    group = broker.groups.get(body.group_id)
    if body.group_id not in broker.store.state.offsets:
        return {"error_code": ErrorCode.group_id_not_found}
    if group is not None and group.members:
        return {"error_code": ErrorCode.non_empty_group}
    gone = [(topic.name, row.partition_index) for topic in body.topics for row in topic.partitions]
    broker.store.submit(OffsetsForgotten(body.group_id, gone))
    await broker.store.durable()
    topics = [
        {"name": topic.name, "partitions": [{"partition_index": row.partition_index} for row in topic.partitions]}
        for topic in body.topics
    ]
    return {"topics": topics}
