"""The log's whole state as a fold over journal entries; the same code runs live and on recovery."""

import shutil
from pathlib import Path

import msgspec

from reptidex.devlog.clock import Clock
from reptidex.devlog.storage.catalog import Topic
from reptidex.devlog.storage.entries import (
    Appended,
    ConfigsSet,
    Entry,
    OffsetsCommitted,
    OffsetsForgotten,
    PartitionsGrown,
    ProducerIdsTaken,
    Rolled,
    SegmentsReplaced,
    StartMoved,
    TopicCreated,
    TopicDeleted,
    Transaction,
)
from reptidex.devlog.storage.partition import Partition, PartitionState, Shared

PRODUCER_EXPIRY_MS = 86_400_000


class TopicState(msgspec.Struct, frozen=True, array_like=True):
    """A topic in a snapshot; partitions that never held a record are left out."""

    topic_id: int
    name: str
    count: int
    configs: dict[str, str]
    partitions: list[PartitionState]


class Snapshot(msgspec.Struct, frozen=True):
    """Everything the frames below `next_frame` say."""

    cluster_id: str
    next_frame: int
    next_topic_id: int
    next_producer_id: int
    topics: list[TopicState]
    offsets: dict[str, list[tuple[str, int, int, str]]]
    transactions: list[Transaction]


class State:
    """Topics, committed offsets, transactions and the counters of ids."""

    def __init__(self, root: Path, shared: Shared, clock: Clock, cluster_id: str) -> None:
        self.root = root
        self.shared = shared
        self.clock = clock
        self.cluster_id = cluster_id
        self.topics: dict[str, Topic] = {}
        self.by_id: dict[int, Topic] = {}
        self.offsets: dict[str, dict[tuple[str, int], tuple[int, str]]] = {}
        self.transactions: dict[str, Transaction] = {}
        self.epochs: dict[int, int] = {}
        self.next_topic_id = 1
        self.next_producer_id = 1000

    def partition(self, topic: str, index: int) -> Partition | None:
        """Return a partition by name and number, or None."""
        found = self.topics.get(topic)
        return found.partitions[index] if found is not None and 0 <= index < len(found.partitions) else None

    def partition_by_id(self, topic_id: int, index: int) -> Partition | None:
        """Return a partition by the topic's id, or None when the topic is gone."""
        found = self.by_id.get(topic_id)
        return found.partitions[index] if found is not None and index < len(found.partitions) else None

    def apply(self, entry: Entry) -> None:
        """Take one durable entry over."""
        match entry:
            case Appended() | Rolled() | StartMoved() | SegmentsReplaced():
                partition = self.partition_by_id(entry.topic_id, entry.partition)
                # A damaged partition still keeps what was on its way; one that must be reopened gets it then.
                if partition is not None and not partition.must_reopen:
                    self._apply_to(partition, entry)
            case OffsetsCommitted():
                group = self.offsets.setdefault(entry.group, {})
                for topic, index, offset, metadata in entry.positions:
                    group[topic, index] = (offset, metadata)
            case OffsetsForgotten():
                self._forget(entry)
            case Transaction():
                self._transaction(entry)
            case ProducerIdsTaken():
                self.next_producer_id = max(self.next_producer_id, entry.upto)
            case _:
                self._apply_to_catalog(entry)

    def snapshot(self, next_frame: int) -> Snapshot:
        """Return everything up to (not including) `next_frame`."""
        oldest = self.clock.now_ms() - PRODUCER_EXPIRY_MS
        topics = [
            TopicState(
                topic.topic_id,
                topic.name,
                len(topic.partitions),
                topic.configs,
                [partition.describe(oldest) for partition in topic.partitions if partition.segments or partition.start],
            )
            for topic in self.topics.values()
        ]
        offsets = {
            group: [(topic, index, offset, metadata) for (topic, index), (offset, metadata) in positions.items()]
            for group, positions in self.offsets.items()
        }
        transactions = list(self.transactions.values())
        return Snapshot(
            self.cluster_id, next_frame, self.next_topic_id, self.next_producer_id, topics, offsets, transactions
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Take a snapshot over into an empty state."""
        self.cluster_id = snapshot.cluster_id
        self.next_topic_id, self.next_producer_id = snapshot.next_topic_id, snapshot.next_producer_id
        for known in snapshot.topics:
            topic = self._add(known.topic_id, known.name, known.count, known.configs)
            for partition in known.partitions:
                topic.partitions[partition.index].restore(partition)
        for group, positions in snapshot.offsets.items():
            self.apply(OffsetsCommitted(group, positions))
        for transaction in snapshot.transactions:
            self._transaction(transaction)

    def _apply_to(self, partition: Partition, entry: Appended | Rolled | StartMoved | SegmentsReplaced) -> None:
        match entry:
            case Appended():
                partition.apply_batch(entry.data, self.clock.now_ms())
            case Rolled():
                partition.apply_roll(entry.base, entry.created_ms)
            case StartMoved():
                partition.apply_start(entry.offset)
            case SegmentsReplaced():
                partition.apply_replacement(entry.old, entry.new)

    def _apply_to_catalog(self, entry: Entry) -> None:
        match entry:
            case TopicCreated():
                self._add(entry.topic_id, entry.name, entry.partitions, entry.configs)
            case TopicDeleted():
                topic = self.by_id.pop(entry.topic_id, None)
                if topic is not None:
                    del self.topics[topic.name]
                    self._remove_files(topic)
            case PartitionsGrown() if entry.topic_id in self.by_id:
                self.by_id[entry.topic_id].grow(entry.partitions)
            case ConfigsSet() if entry.topic_id in self.by_id:
                self.by_id[entry.topic_id].configure(entry.configs)

    def _add(self, topic_id: int, name: str, count: int, configs: dict[str, str]) -> Topic:
        topic = Topic(topic_id, name, count, configs, self.root, self.shared)
        self.topics[name] = self.by_id[topic_id] = topic
        self.next_topic_id = max(self.next_topic_id, topic_id + 1)
        return topic

    def _remove_files(self, topic: Topic) -> None:
        for partition in topic.partitions:
            partition.offline = "topic deleted"
            for segment in partition.segments:
                self.shared.pool.drop(segment.name)
        self.shared.arrivals.announce(topic.partitions)
        shutil.rmtree(topic.directory, ignore_errors=True)

    def _forget(self, entry: OffsetsForgotten) -> None:
        if entry.positions is None:
            self.offsets.pop(entry.group, None)
        for topic, index in entry.positions or ():
            self.offsets.get(entry.group, {}).pop((topic, index), None)

    def _transaction(self, entry: Transaction) -> None:
        self.transactions[entry.transactional_id] = entry
        self.epochs[entry.producer_id] = entry.epoch
        self.next_producer_id = max(self.next_producer_id, entry.producer_id + 1)
