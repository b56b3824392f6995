"""The scales: another service that weighs parcels, and the books that tell whether each weighing counted once."""

import asyncio
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient

from reptidex.agents.engine.inputs import MARK
from reptidex.agents.engine.ownership import partitioner
from reptidex.agents.engine.topics import ensure_topics
from reptidex.settings import Settings
from reptidex.streams import codec
from reptidex.streams.envelope import enveloped
from reptidex.streams.topics import Topic
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.store import Store
from tests.unit.engine.parcels import Parcel, ParcelWeighed

TOPICS = ("parcel.weighed", "parcel.counted", "parcel.posted", "repti-post.commands", "repti-post.deadletters")
PARTITIONS = 4


def key_of(number: int, keys: int) -> str:
    """Return the parcel that the n-th weighing is about."""
    return f"parcel-{number % keys:05d}"


async def prepare(log: str, state: str) -> None:
    """Create the topics."""
    await ensure_topics(
        Settings(log=log, state_dir=state), [Topic(name=name, partitions=PARTITIONS) for name in TOPICS]
    )


async def forget(log: str) -> None:
    """Delete the topics, with all that is on them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=log)
    await admin.start()
    try:
        while there := sorted(set(TOPICS) & set(await admin.list_topics())):
            await admin.delete_topics(there)
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


class Scales:
    """Publishes weighings as another service's outbox would."""

    def __init__(self, log: str, keys: int) -> None:
        self._log, self._keys = log, keys
        self._partition_of = partitioner(PARTITIONS)
        self._sent = [0] * PARTITIONS
        self.count = 0

    async def weigh(self, count: int, *, poison: frozenset[int] = frozenset()) -> None:
        """Publish so many weighings of weight 1; those numbered in `poison` cannot be handled."""
        producer = aiokafka.AIOKafkaProducer(bootstrap_servers=self._log, acks="all", linger_ms=5)
        await producer.start()
        try:
            futures = []
            for number in range(self.count, self.count + count):
                futures.append(await producer.send(**self._record(number, "poison" if number in poison else "")))
            await asyncio.gather(*futures)
        finally:
            await producer.stop()
        self.count += count

    def _record(self, number: int, trouble: str) -> dict[str, object]:
        key = f"poison-{number}" if trouble else key_of(number, self._keys)
        partition = self._partition_of(key)
        self._sent[partition] += 1
        weighing = ParcelWeighed(parcel_id=key, weight=1, trouble=trouble)
        envelope = enveloped(weighing, f"weighing-{number}", datetime.now(UTC))
        mark = f"scales:{partition}:{self._sent[partition]}".encode()
        return {
            "topic": "parcel.weighed",
            "value": codec.encode(envelope),
            "key": key.encode(),
            "partition": partition,
            "headers": [(MARK, mark)],
        }


async def counted(database: Database) -> int:
    """Return how many weighings have counted so far."""
    rows = await Reader(database).tally((Parcel.c.times,), ())
    return sum(times * count for times, count in rows)


async def books(database: Database) -> dict[str, int]:
    """Return how often each parcel was counted."""
    return {row.parcel_id: row.times for row in await Reader(database).find(select(Parcel))}


async def letters(database: Database) -> list[str]:
    """Return the states of the dead letters."""
    return [row.state for row in await Reader(database).find(select(DeadLetterRow))]


class Heard:
    """What a reader of `parcel.counted` has after dropping repeats by their marks."""

    def __init__(self) -> None:
        self.records = self.repeats = 0
        self.sequences: dict[str, list[int]] = defaultdict(list)
        self.ids: Counter[str] = Counter()

    @property
    def distinct(self) -> int:
        """How many events are left."""
        return sum(map(len, self.sequences.values()))


async def listen(log: str) -> Heard:
    """Read `parcel.counted` from its beginning to its end, as the engine's readers do."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=log, enable_auto_commit=False)
    await consumer.start()
    heard, seen = Heard(), dict[tuple[int, bytes], int]()
    try:
        tps = [aiokafka.TopicPartition("parcel.counted", partition) for partition in range(PARTITIONS)]
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        ends = await consumer.end_offsets(tps)
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    outbox, _, number = dict(record.headers)[MARK].rpartition(b":")
                    heard.records += 1
                    if int(number) <= seen.get((tp.partition, outbox), 0):
                        heard.repeats += 1
                        continue
                    seen[tp.partition, outbox] = int(number)
                    event = json.loads(record.value)
                    heard.sequences[event["subject"]].append(int(event["sequence"]))
                    heard.ids[event["id"]] += 1
    finally:
        await consumer.stop()
    return heard


async def standing(log: str, database_url: str) -> str:
    """Return how the group, the log and the database stand; what cannot be asked is told as such."""
    said = []
    for title, ask in (("group", _group(log)), ("positions", _positions(log, database_url))):
        try:
            said += [f"{title}: {line}" for line in await asyncio.wait_for(ask, 10)]
        except Exception as problem:  # noqa: BLE001 - the rest is told all the same
            said.append(f"{title}: {problem!r}")
    return "\n".join(said)


async def _group(log: str) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=log)
    await admin.start()
    try:
        found = await admin.describe_consumer_groups(["repti-post"])
        return [str(group) for answer in found for group in answer.groups]
    finally:
        await admin.close()


async def _positions(log: str, database_url: str) -> list[str]:
    """Return how far each partition has come, and what is left of it."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=log, enable_auto_commit=False)
    await consumer.start()
    database = Database.open(database_url, worker=False, readers=1)
    try:
        tps = [aiokafka.TopicPartition(name, part) for name in TOPICS[:-1] for part in range(PARTITIONS)]
        ends = await consumer.end_offsets(tps)
        store = Store(database)
        known = await store.positions(range(PARTITIONS))
        await store.close()
        reached = {tp: known[tp].next_offset if tp in known else 0 for tp in tps}
        return [f"{tp.topic} {tp.partition} {reached[tp]} of {end}" for tp, end in ends.items() if end or reached[tp]]
    finally:
        await database.close()
        await consumer.stop()
