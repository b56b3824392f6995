"""Where partitions begin and end, and which offset a time has: ListOffsets, OffsetForLeaderEpoch."""

from typing import Any

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.schema import Answer
from reptidex.devlog.storage.lookup import offset_at
from reptidex.devlog.storage.segment import DamagedSegment

_LATEST, _EARLIEST = -1, -2


def list_offsets(broker: Broker, request: Request) -> Answer:
    """Give the first offset, the end (or last stable offset), or the first record at or after a time."""
    wanted = request.decode()
    committed = getattr(wanted, "isolation_level", 0) == 1
    out = []
    for topic in wanted.topics:
        parts: list[dict[str, Any]] = []
        for row in topic.partitions:
            answer: dict[str, Any] = {"partition_index": row.partition_index, "timestamp": -1, "offset": -1}
            partition = broker.store.state.partition(topic.name, row.partition_index)
            if partition is None:
                answer["error_code"] = ErrorCode.unknown_topic_or_partition
            elif partition.offline is not None or broker.store.unreadable is not None:
                answer["error_code"] = ErrorCode.kafka_storage_error
            elif row.timestamp == _LATEST:
                answer["offset"] = partition.last_stable if committed else partition.end
                answer["leader_epoch"] = 0
            elif row.timestamp == _EARLIEST:
                answer["offset"] = partition.start
                answer["leader_epoch"] = 0
            else:
                try:
                    answer["offset"], answer["timestamp"] = offset_at(partition, row.timestamp)
                except (DamagedSegment, OSError) as error:
                    partition.take_offline(str(error))
                    answer["error_code"] = ErrorCode.kafka_storage_error
            parts.append(answer)
        out.append({"name": topic.name, "partitions": parts})
    return {"topics": out}


def offset_for_leader_epoch(broker: Broker, request: Request) -> Answer:
    """Give the end of the only epoch there is."""
    out = []
    for topic in request.decode().topics:
        parts: list[dict[str, Any]] = []
        for row in topic.partitions:
            partition = broker.store.state.partition(topic.topic, row.partition)
            if partition is None:
                error = ErrorCode.unknown_topic_or_partition
                parts.append({"partition": row.partition, "error_code": error, "leader_epoch": -1, "end_offset": -1})
            else:
                parts.append({"partition": row.partition, "leader_epoch": 0, "end_offset": partition.end})
        out.append({"topic": topic.topic, "partitions": parts})
    return {"topics": out}
