"""Topics come, grow and go: CreateTopics, CreatePartitions, DeleteTopics, DeleteRecords."""

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.schema import Answer
from reptidex.devlog.storage.catalog import legal_name, wrong_setting
from reptidex.devlog.storage.entries import (
    OffsetsForgotten,
    PartitionsGrown,
    StartMoved,
    TopicCreated,
    TopicDeleted,
)


async def create_topics(broker: Broker, request: Request) -> Answer:
    """Create topics with their settings; `validate_only` checks without doing it."""
    wanted = request.decode()
    out = []
    for topic in wanted.topics:
        count = topic.num_partitions if topic.num_partitions > 0 else broker.options.default_partitions
        if topic.assignments:
            count = len(topic.assignments)
        answer = {"name": topic.name, "error_code": ErrorCode.none, "num_partitions": count, "replication_factor": 1}
        try:
            if topic.replication_factor > 1:
                raise Refused(ErrorCode.invalid_replication_factor, "this is a single broker")
            configs = {config.name: config.value for config in topic.configs}
            check_topic(broker, topic.name, count, configs)
            if not wanted.validate_only:
                broker.store.require_space()
                _submit_topic(broker, topic.name, count, configs)
        except Refused as refused:
            answer |= {"error_code": refused.code, "error_message": refused.message}
        except StorageFailed:
            answer |= {"error_code": ErrorCode.kafka_storage_error}
        out.append(answer)
    await broker.store.durable()
    return {"topics": out}


async def create_topic(broker: Broker, name: str, count: int, configs: dict[str, str]) -> None:
    """Create one topic and return when it is durable; raises Refused or StorageFailed."""
    check_topic(broker, name, count, configs)
    broker.store.require_space()
    _submit_topic(broker, name, count, configs)
    await broker.store.durable()


def check_topic(broker: Broker, name: str, count: int, configs: dict[str, str]) -> None:
    """Raise Refused unless the topic may be created."""
    if not legal_name(name):
        raise Refused(ErrorCode.invalid_topic_exception, f"{name!r} is not a legal topic name")
    if name in broker.store.state.topics or name in broker.store.arriving:
        raise Refused(ErrorCode.topic_already_exists, f"Topic '{name}' already exists.")
    check_count(broker, count, count)
    for key, value in configs.items():
        if wrong := wrong_setting(key, value):
            raise Refused(ErrorCode.invalid_config, wrong)


def check_count(broker: Broker, count: int, added: int) -> None:
    """Raise Refused when a topic or the whole log would have too many partitions."""
    limits = broker.options.limits
    total = sum(len(topic.partitions) for topic in broker.store.state.topics.values())
    total += sum(broker.store.arriving.values())
    if count < 1 or count > limits.partitions_per_topic:
        raise Refused(ErrorCode.invalid_partitions, f"1 to {limits.partitions_per_topic} partitions")
    if total + added > limits.partitions:
        raise Refused(ErrorCode.invalid_partitions, f"the log holds at most {limits.partitions} partitions")


def _submit_topic(broker: Broker, name: str, count: int, configs: dict[str, str]) -> None:
    broker.store.submit_topic(TopicCreated(broker.store.new_topic_id(), name, count, configs))


async def create_partitions(broker: Broker, request: Request) -> Answer:
    """Let topics grow."""
    wanted = request.decode()
    out = []
    for row in wanted.topics:
        answer = {"name": row.name, "error_code": ErrorCode.none}
        try:
            topic = broker.store.state.topics.get(row.name)
            if topic is None:
                raise Refused(ErrorCode.unknown_topic_or_partition)
            if row.count <= len(topic.partitions):
                raise Refused(ErrorCode.invalid_partitions, f"it has {len(topic.partitions)} partitions")
            check_count(broker, row.count, row.count - len(topic.partitions))
            if not wanted.validate_only:
                broker.store.submit(PartitionsGrown(topic.topic_id, row.count))
        except Refused as refused:
            answer |= {"error_code": refused.code, "error_message": refused.message}
        out.append(answer)
    await broker.store.durable()
    return {"results": out}


async def delete_topics(broker: Broker, request: Request) -> Answer:
    """Delete topics, their records and the offsets committed for them."""
    out = []
    for name in request.decode().topic_names:
        topic = broker.store.state.topics.get(name)
        if topic is not None:
            broker.store.submit(TopicDeleted(topic.topic_id))
            for group, positions in broker.store.state.offsets.items():
                if gone := [(known, index) for known, index in positions if known == name]:
                    broker.store.submit(OffsetsForgotten(group, gone))
        error = ErrorCode.none if topic is not None else ErrorCode.unknown_topic_or_partition
        out.append({"name": name, "error_code": error})
    await broker.store.durable()
    return {"responses": out}


async def delete_records(broker: Broker, request: Request) -> Answer:
    """Move the start of partitions up."""
    out = []
    for topic in request.decode().topics:
        parts = []
        for row in topic.partitions:
            answer = {"partition_index": row.partition_index, "low_watermark": -1, "error_code": ErrorCode.none}
            partition = broker.store.state.partition(topic.name, row.partition_index)
            if partition is None:
                answer["error_code"] = ErrorCode.unknown_topic_or_partition
            elif not 0 <= (offset := partition.end if row.offset == -1 else row.offset) <= partition.end:
                answer["error_code"] = ErrorCode.offset_out_of_range
            else:
                broker.store.submit(StartMoved(partition.topic_id, partition.index, offset))
                answer["low_watermark"] = max(offset, partition.start)
            parts.append(answer)
        out.append({"name": topic.name, "partitions": parts})
    await broker.store.durable()
    return {"topics": out}
