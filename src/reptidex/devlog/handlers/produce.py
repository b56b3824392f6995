"""Produce: check a batch, give it its offset, answer when it is durable."""

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.protocol.produce import ProduceResult, decode_produce, encode_produce
from reptidex.devlog.storage.batches import Batch, DamagedBatch, read_batch
from reptidex.devlog.storage.catalog import Topic
from reptidex.devlog.storage.partition import Partition

LARGEST_CODEC = 4
_CODEC_BITS = 0x07


async def produce(broker: Broker, request: Request) -> bytes | None:
    """Append each partition's batch; with acks=0 there is no answer (and a wait only when the disk is far behind)."""
    wanted = decode_produce(request.data, request.position)
    results = [
        (name, [_append(broker, name, index, records, wanted.transactional_id) for index, records in partitions])
        for name, partitions in wanted.topics
    ]
    silent = wanted.acks == 0
    behind = broker.store.inflight_bytes > broker.options.limits.inflight_bytes // 2
    if silent and not behind:
        return None
    if any(result.error is ErrorCode.none for _, parts in results for result in parts):
        try:
            await broker.store.durable()
        except StorageFailed:
            for _, parts in results:
                for result in parts:
                    if result.error is ErrorCode.none:
                        result.error, result.base_offset = ErrorCode.kafka_storage_error, -1
    return None if silent else encode_produce(request.version, request.correlation, results)


def _append(
    broker: Broker, name: str, index: int, records: memoryview | None, transactional_id: str | None
) -> ProduceResult:
    topic = broker.store.state.topics.get(name)
    if topic is None or not 0 <= index < len(topic.partitions):
        return ProduceResult(index, ErrorCode.unknown_topic_or_partition)
    partition = topic.partitions[index]
    try:
        offset = append_batch(broker, topic, partition, records, transactional_id)
    except Refused as refused:
        return ProduceResult(index, refused.code)
    except DamagedBatch:
        return ProduceResult(index, ErrorCode.corrupt_message)
    except StorageFailed:
        return ProduceResult(index, ErrorCode.kafka_storage_error)
    stamped = broker.clock.now_ms() if topic.stamps_time else -1
    return ProduceResult(index, ErrorCode.none, offset, stamped, partition.start)


def append_batch(
    broker: Broker, topic: Topic, partition: Partition, records: memoryview | None, transactional_id: str | None
) -> int:
    """Send one batch to the disk and return its offset; a batch that came before returns the offset it has.

    Raises Refused, DamagedBatch or StorageFailed.
    """
    if partition.offline is not None:
        raise Refused(ErrorCode.kafka_storage_error, partition.offline)
    if not records:
        raise Refused(ErrorCode.invalid_record)
    batch = read_batch(records)
    if batch.size != len(records) or batch.is_control or batch.records < 1 or batch.last_delta != batch.records - 1:
        raise Refused(ErrorCode.invalid_record)
    if batch.attributes & _CODEC_BITS > LARGEST_CODEC:
        raise Refused(ErrorCode.unsupported_compression_type)
    if batch.size > topic.max_message_bytes:
        raise Refused(ErrorCode.message_too_large)
    if batch.producer_id >= 0:
        _check_producer(broker, topic, partition, batch, transactional_id)
        known = partition.producers.check(batch)
        if known is not None:
            return known
    broker.store.require_space()
    return broker.store.append(topic, partition, batch, records)


def _check_producer(
    broker: Broker, topic: Topic, partition: Partition, batch: Batch, transactional_id: str | None
) -> None:
    newest = broker.store.state.epochs.get(batch.producer_id)
    if newest is not None and batch.producer_epoch < newest:
        raise Refused(ErrorCode.invalid_producer_epoch)
    if not batch.is_transactional:
        return
    transaction = broker.store.state.transactions.get(transactional_id or "")
    if transaction is None or transaction.producer_id != batch.producer_id:
        raise Refused(ErrorCode.invalid_producer_id_mapping)
    ending = batch.producer_id in broker.store.ending_producers
    if ending or transaction.state != "Ongoing" or (topic.name, partition.index) not in transaction.partitions:
        raise Refused(ErrorCode.invalid_txn_state)
