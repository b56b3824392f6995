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
from reptidex.platform.naming import Names
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
        self.names_known = Names()
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
            found = [
                Seen(event=decode(record.value, partition.topic), at=record.timestamp / 1000)
                for partition, records in batches.items()
                for record in records
            ]
            for seen in sorted(found, key=_when):
                self._take(seen)

    def _take(self, seen: Seen) -> None:
        self.seen.append(seen)
        self.names_known.learn(seen.event)
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


def _when(seen: Seen) -> tuple[float, int]:
    """Order events by time, those of one millisecond by the version of their subject."""
    return seen.at, seen.event.version


class Node(msgspec.Struct, kw_only=True):
    """An event in the tree of causes; `called` is what its subject is called, `ms` counts from the request."""

    service: str
    name: str
    key: str
    called: str
    ms: float
    children: list["Node"] = []


def tree(chain: list[Seen], began: float, names: Names) -> list[Node]:
    """Return the events of one request as trees: each event under the event that caused it.

    Where the cause is no event (a command, a timer, an effect's outcome), an event stands under the last one before it with
    the same subject and another cause (`notification.delivered` under `notification.sent`), else at the top.
    """
    nodes: dict[str, Node] = {}
    latest: dict[str, Seen] = {}
    roots: list[Node] = []
    ordered = sorted(chain, key=_when)
    for seen in ordered:
        event = seen.event
        nodes[event.id] = Node(
            service=seen.service,
            name=event.type,
            key=event.subject,
            called=names.of(event),
            ms=max((seen.at - began) * 1000, 0.0),
        )
    for seen in ordered:
        event, before = seen.event, latest.get(seen.event.subject)
        parent = nodes.get(event.causationid or "")
        if parent is None and before is not None and before.event.causationid != event.causationid:
            parent = nodes[before.event.id]
        (parent.children if parent else roots).append(nodes[event.id])
        latest[event.subject] = seen
    return roots
