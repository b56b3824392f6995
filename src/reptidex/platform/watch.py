"""Watch the log from outside: every event of the platform as it arrives, grouped by the request that began it."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import aiokafka
import msgspec
from aiokafka.errors import KafkaError

from reptidex.errors import UnavailableError
from reptidex.streams.codec import decode
from reptidex.streams.envelope import AnyEvent


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One event as the watcher saw it; `at` is when it was put on the log (Unix seconds), `event.time` when its cause was."""

    event: AnyEvent
    at: float

    @property
    def service(self) -> str:
        """The short name of the publisher."""
        return self.event.source.rsplit("/", 1)[-1].removeprefix("repti-")


class Watcher:
    """Reads the named topics from their present end (or start) on; not a member of any consumer group."""

    def __init__(self, log: str, topics: Iterable[str], heard: Callable[[Seen], None] | None = None) -> None:
        self.log, self.topics, self.heard = log, list(topics), heard
        self.seen: list[Seen] = []
        self.by_correlation: dict[str, list[Seen]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None
        self._consumer: Any = None

    async def start(self) -> None:
        """Take the present ends of all topics, then read on in the background. Raises `UnavailableError`."""
        self._consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=self.log, fetch_max_wait_ms=100)
        try:
            await self._consumer.start()
        except KafkaError as problem:
            await self._consumer.stop()
            raise UnavailableError(f"the log at {self.log}", str(problem)) from problem
        await self._consumer._client.set_topics(self.topics)
        partitions = [
            aiokafka.TopicPartition(topic, number)
            for topic in self.topics
            for number in self._consumer.partitions_for_topic(topic) or ()
        ]
        self._consumer.assign(partitions)
        for partition, end in (await self._consumer.end_offsets(partitions)).items():
            self._consumer.seek(partition, end)
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=200)
            for partition, records in batches.items():
                for record in records:
                    self._take(Seen(event=decode(record.value, partition.topic), at=record.timestamp / 1000))

    def _take(self, seen: Seen) -> None:
        self.seen.append(seen)
        if seen.event.correlationid:
            self.by_correlation[seen.event.correlationid].append(seen)
        if self.heard:
            self.heard(seen)

    async def stop(self) -> None:
        """Stop reading."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._consumer:
            await self._consumer.stop()

    def standing(self) -> str:
        """Return how many events were seen, and whether it still reads."""
        state = "has not started" if self._task is None else "reads"
        if self._task is not None and self._task.done():
            state = "was stopped" if self._task.cancelled() else f"has failed: {self._task.exception()!r}"
        return f"{len(self.seen)} events seen; the watcher {state}"

    def names(self, correlation_id: str) -> list[str]:
        """Return the names of the events of one request, in order of arrival."""
        return [seen.event.type for seen in self.by_correlation[correlation_id]]


class Node(msgspec.Struct, kw_only=True):
    """An event in the tree of causes; `ms` since the request."""

    service: str
    name: str
    key: str
    ms: float
    children: list["Node"] = []


def tree(chain: list[Seen], began: float) -> list[Node]:
    """Return the events of one request as trees: each event under the event that caused it.

    A cause that is not itself an event of the chain (a command, a timer, an effect's outcome) is left out: its events
    stand at the top, or under the nearest event before it that is known.
    """
    nodes: dict[str, Node] = {}
    for seen in chain:
        event = seen.event
        ms = (seen.at - began) * 1000
        nodes[event.id] = Node(service=seen.service, name=event.type, key=event.subject, ms=max(ms, 0.0))
    roots: list[Node] = []
    for seen in chain:
        parent = nodes.get(seen.event.causationid or "")
        (parent.children if parent else roots).append(nodes[seen.event.id])
    for node in nodes.values():
        node.children.sort(key=lambda child: child.ms)
    return sorted(roots, key=lambda node: node.ms)
