"""Fetch: answer with what is durable, or wait for it (long poll)."""

import asyncio
from collections.abc import Collection

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.handlers.quiet import Quiet
from reptidex.devlog.protocol.fetch import FetchRequest, decode_fetch, encode_fetch, encode_partition
from reptidex.devlog.storage.catalog import Topic
from reptidex.devlog.storage.partition import Partition, Pulse

LONGEST_WAIT_MS = 60_000
MOST_BYTES = 55 << 20
"""An answer has no more records than this, whatever the client asks for (Kafka's own `fetch.max.bytes` of a broker, KIP-541)."""
_COMMITTED_ONLY = 0x100

Row = tuple[int, int, int]
"""Partition, offset, max bytes."""


class _Fetch:
    """The answer under construction: one encoded part per partition, redone only where something arrived."""

    def __init__(self, broker: Broker, request: Request, wanted: FetchRequest) -> None:
        self._broker = broker
        self._version = request.version
        self._correlation = request.correlation
        self._quiet = request.session.quiet
        self._wanted = wanted
        self._left = min(wanted.max_bytes, MOST_BYTES)
        self._found = 0
        self._failed = False
        self._rows: dict[Pulse, list[Row]] = {}
        self._parts: dict[str, dict[int, bytes]] = {}
        self._sizes: dict[Partition, int] = {}
        self._news: asyncio.Future[None] | None = None
        self._changed: dict[Partition, None] = {}
        self._read_all()

    def _read_all(self) -> None:
        store = self._broker.store
        sparse = self._wanted.sessionless and self._broker.options.sparse_fetch
        before, now = self._quiet if sparse else {}, dict[str, Quiet]()
        for name, rows in self._wanted.topics:
            topic = store.state.topics.get(name)
            if topic is None:
                self._failed = True
                error = ErrorCode.unknown_topic_or_partition
                self._parts[name] = {row[0]: encode_partition(self._version, row[0], error) for row in rows}
                continue
            rows.sort()  # clients shuffle
            self._rows[topic.pulse] = rows
            known = before.get(name)
            if known is not None and known.still(topic.pulse, rows):
                now[name] = known
            else:
                now[name] = self._read_topic(topic, rows, known)
        self._quiet.clear()
        self._quiet.update(now)

    def _read_topic(self, topic: Topic, rows: list[Row], known: Quiet | None) -> Quiet:
        committed = self._wanted.committed_only
        readable = self._broker.store.unreadable is None
        empty = self._version | _COMMITTED_ONLY if committed else self._version
        partitions, told = topic.partitions, dict[int, bytes]()
        parts: dict[int, bytes] = {}
        for index, offset, max_bytes in rows:
            if not 0 <= index < len(partitions):
                self._failed = True
                parts[index] = encode_partition(self._version, index, ErrorCode.unknown_topic_or_partition)
                continue
            partition = partitions[index]
            if offset == partition.end and readable and partition.offline is None:
                part = partition.empty_answer.get(empty) or _empty(self._version, committed, partition)
                told[index] = part
                if known is not None and known.told.get(index) is part:
                    continue
            else:
                part = self._read(partition, offset, max_bytes)
            parts[index] = part
        if parts:
            self._parts[topic.name] = parts
        return Quiet(topic.pulse, topic.pulse.count, rows, told)

    def _read(self, partition: Partition, offset: int, max_bytes: int, again: bool = False) -> bytes:
        version = self._version
        offline = partition.offline or self._broker.store.unreadable
        if offline is not None:
            # Told at once to who waits; who asks again waits, instead of asking without a pause.
            self._failed |= again
            return encode_partition(version, partition.index, ErrorCode.kafka_storage_error)
        if not partition.start <= offset <= partition.end:
            self._failed = True
            return encode_partition(version, partition.index, ErrorCode.offset_out_of_range, start=partition.start)
        stable = partition.last_stable
        committed = self._wanted.committed_only
        limit = stable if committed else partition.end
        records = b""
        # KIP-74: the first batch is given even if it is larger than the limits.
        if offset < limit and (self._left > 0 or not self._found):
            records = partition.read(offset, max(min(max_bytes, self._left), 1), limit)
            if partition.offline is not None:
                return self._read(partition, offset, max_bytes, again=True)
            more = len(records) - self._sizes.get(partition, 0)
            self._sizes[partition] = len(records)
            self._left -= more
            self._found += more
        aborted = partition.transactions.aborted_between(offset, limit) if committed else None
        return encode_partition(
            version, partition.index, ErrorCode.none, partition.end, stable, partition.start, records, aborted
        )

    def watches(self, partition: Partition) -> bool:
        """Tell whether the fetch names a partition of this topic."""
        return partition.pulse in self._rows

    def arrived(self, partitions: Collection[Partition]) -> None:
        """Learn that something changed in some of the watched partitions."""
        self._changed.update(dict.fromkeys(partitions))
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    @property
    def complete(self) -> bool:
        """Tell whether there is enough to answer at once."""
        return self._failed or self._found >= self._wanted.min_bytes

    async def wait(self, deadline: float) -> None:
        """Read what arrives until there is enough or the time is up."""
        loop = asyncio.get_running_loop()
        self._broker.store.arrivals.wait(self)
        try:
            while not self.complete and (left := deadline - loop.time()) > 0:
                self._news = loop.create_future()
                timer = loop.call_later(left, _expire, self._news)
                await self._news
                timer.cancel()
                for partition in self._changed:
                    self._read_again(partition)
                self._changed.clear()
        finally:
            self._broker.store.arrivals.forget(self)

    def _read_again(self, partition: Partition) -> None:
        for index, offset, max_bytes in self._rows[partition.pulse]:
            if index == partition.index:
                self._quiet.pop(partition.topic, None)
                part = self._read(partition, offset, max_bytes, again=True)
                self._parts.setdefault(partition.topic, {})[index] = part

    def encode(self) -> bytes:
        """Return the answer's bytes."""
        topics = [(name, list(parts.values())) for name, parts in self._parts.items()]
        return encode_fetch(self._version, self._correlation, topics)


async def fetch(broker: Broker, request: Request) -> bytes:
    """Answer with records as soon as there are `min_bytes` of them, else after the longest wait."""
    wanted = decode_fetch(request.version, request.data, request.position)
    work = _Fetch(broker, request, wanted)
    if not work.complete and wanted.max_wait_ms > 0:
        wait = min(wanted.max_wait_ms, LONGEST_WAIT_MS) / 1000
        await work.wait(asyncio.get_running_loop().time() + wait)
    return work.encode()


def _expire(news: "asyncio.Future[None]") -> None:
    if not news.done():
        news.set_result(None)


def _empty(version: int, committed: bool, partition: Partition) -> bytes:
    """Return the answer for a consumer that has everything, and keep it until the next record comes."""
    aborted: list[tuple[int, int]] | None = [] if committed else None
    stable, end = partition.last_stable, partition.end
    part = encode_partition(version, partition.index, ErrorCode.none, end, stable, partition.start, aborted=aborted)
    partition.empty_answer[version | _COMMITTED_ONLY if committed else version] = part
    return part
