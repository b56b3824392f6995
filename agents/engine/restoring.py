"""After a service's database was restored from a backup: what of its own it finds on the log, and how it goes on without harm.

The log is ahead of such a database. The service will work off anew what it had worked off since the backup, and would say again
what it had said, with numbers (`rx-mark`) that its readers have seen. As long as it says exactly the same, they drop it; but from
the first difference on (an order between partitions, a newer version of the code) they would drop what they have never seen. So
its outboxes go on behind the highest number on the log, and what it had said already is known by its ids, which are derived from
the causes (`identity.py`): it is not said twice.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiokafka
import msgspec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition as Kafka

from reptidex.agents.engine.cut_off import AT_ONCE, resumptions
from reptidex.agents.engine.inputs import mark_of
from reptidex.agents.engine.lost import Held
from reptidex.agents.engine.replay.source import Source
from reptidex.errors import ReptidexError, UnavailableError
from reptidex.settings import Settings
from reptidex.tables import outbox as outboxes
from reptidex.tables.database import Database
from reptidex.tables.driver import Lookup, Step
from reptidex.tables.positions import Fence, Position, TopicPartition, fences
from reptidex.tables.said_before import said_before
from reptidex.tables.statements import Statements
from reptidex.tables.store import Changes, Store

MARGIN = timedelta(minutes=5)
"""So much earlier than the last thing in the outbox the log is read: clocks of workers differ."""


class RestoreError(ReptidexError):
    """The service still runs: its database cannot be prepared under its hands."""


class Outcome(msgspec.Struct, kw_only=True):
    """What was found and prepared."""

    service: str
    read: int = 0
    """Records of the log that were looked at."""
    said: int = 0
    """Of them, what the service had said since its database was backed up."""
    outboxes: dict[int, tuple[int, int]] = {}
    """By partition number: where the outbox stood, and where it goes on."""
    again: int = 0
    """Records that the service will work off once more."""
    lost: int = 0
    """Records that the service has said and the log lacks: they are sent when it starts."""
    moved: dict[str, tuple[int, int]] = {}
    """By topic and partition of a log whose end was cut off: where the service stood, and from where it goes on."""


async def prepare(
    short: str, settings: Settings, database: Database, topics: Iterable[str], told: Callable[[int, int], None]
) -> Outcome:
    """Prepare the database of a service that stands still, after it or the log was restored; may be repeated.

    `told` hears how many records are read, and of how many. Raises `RestoreError` where a worker of the service is in its group,
    `UnavailableError`.
    """
    group = f"repti-{short}"
    committed = await _committed(settings.log, group)
    store, source = Store(database), Source(settings.log, topics, settings.partitions)
    try:
        known = await store.fences(range(settings.partitions))
        positions = await store.positions(range(settings.partitions))
        outcome = Outcome(service=short)
        await source.open()
        moved = await resumptions(source, positions, told)
        outcome.moved = {f"{at[0]}/{at[1]}": (positions[at].next_offset, to) for at, to in sorted(moved.items())}
        held = await Held.of(store, datetime.now(UTC))
        since = await _since(database, store)
        if since is not None and held.since is not None:
            since = min(since, held.since - MARGIN)
        ids, tops = await _said(short, source, since, known, held, outcome, told)
        lost = held.lost()
        outcome.lost = sum(count for _, count in lost.values())
        await _write(database, store, ids, tops, {place: first for place, (first, _) in lost.items()}, known)
        ahead = {at: offset for at, offset in committed.items() if offset > _reached(positions, at)}
        outcome.again = sum(offset - _reached(positions, at) for at, offset in ahead.items())
        goals = {at: _reached(positions, at) for at in ahead}
        await _commit(settings.log, group, goals | {at: to for at, to in moved.items() if at in committed})
        await _move(store, positions, moved)
        return outcome
    finally:
        await source.close()
        await store.close()


def _reached(positions: Mapping[TopicPartition, Any], at: TopicPartition) -> int:
    return int(positions[at].next_offset) if at in positions else 0


async def _since(database: Database, store: Store) -> datetime | None:
    """Return the moment from which on the log may hold what the database does not know; None for its beginning."""
    session = await store.session()
    columns = "partition, last, first, created, sealed"
    [rows] = await session.fetch([Lookup(f"SELECT {columns} FROM outbox ORDER BY created DESC LIMIT 1")])
    decode = Statements(outboxes.outbox, database.dialect).decode
    return outboxes.batch(decode(tuple(rows[0]))).created - MARGIN if rows else None


async def _said(
    short: str,
    source: Source,
    since: datetime | None,
    known: Mapping[int, Fence],
    held: Held,
    outcome: Outcome,
    told: Callable[[int, int], None],
) -> tuple[set[str], dict[int, int]]:
    """Return the ids of what the service has said beyond what its outboxes know, and the highest number of each outbox."""
    ids, tops = set[str](), dict[int, int]()
    source.begin(await (source.offsets_at(since) if since else source.beginnings()))
    source.until(await source.ends())
    whole = source.left
    while source.left:
        for records in (await source.read(AT_ONCE)).values():
            outcome.read += len(records)
            for record in records:
                outbox, number, _ = mark_of(record.headers)
                service, _, partition = outbox.rpartition(":")
                if service != short or not partition.isdigit():
                    continue
                place = int(partition)
                held.saw(place, number)
                if number > (known[place].sent if place in known else 0):
                    ids.add(dict(record.headers)["ce_id"].decode())
                    tops[place] = max(number, tops.get(place, 0))
        told(whole - source.left, whole)
    outcome.said = len(ids)
    outcome.outboxes = {place: (known[place].sent if place in known else 0, top) for place, top in sorted(tops.items())}
    return ids, tops


async def _write(
    database: Database,
    store: Store,
    ids: set[str],
    tops: Mapping[int, int],
    lost: Mapping[int, int],
    known: Mapping[int, Fence],
) -> None:
    """Write down what was found, in one transaction.

    What the log has not acknowledged is sent once more, as always, and so is all from the first number on that it has `lost`.
    """
    gates, sayings = Statements(fences, database.dialect), Statements(said_before, database.dialect)
    now, steps = datetime.now(UTC), list[Step]()
    for place in sorted(tops.keys() | lost.keys()):
        fence = known.get(place) or Fence(place, 0)
        fence.sent = max(fence.sent, tops.get(place, 0))
        fence.relayed = min(fence.relayed, lost.get(place, fence.relayed + 1) - 1)
        steps.append(Step(gates.upsert, [gates.encode([getattr(fence, name) for name in gates.names])]))
    if ids:
        steps.append(Step(sayings.upsert, [sayings.encode((each, now)) for each in sorted(ids)]))
    if steps:
        session = await store.session()
        await session.commit(steps)


async def _move(
    store: Store, positions: Mapping[TopicPartition, Position], moved: Mapping[TopicPartition, int]
) -> None:
    """Have the database stand where a log whose end was cut off goes on."""
    if moved:
        changed = {at: Position(to, positions[at].marks) for at, to in moved.items()}
        await store.commit(Changes(now=datetime.now(UTC), stamp=0, positions=changed))


async def _committed(bootstrap: str, group: str) -> dict[TopicPartition, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="repti-restored", request_timeout_ms=30_000)
    try:
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(group)
        finally:
            await admin.close()
    except KafkaError as problem:
        raise UnavailableError("the log", repr(problem)) from problem
    return {(tp.topic, tp.partition): at.offset for tp, at in offsets.items() if at.offset >= 0}


async def _commit(bootstrap: str, group: str, offsets: Mapping[TopicPartition, int]) -> None:
    """Have the group stand where the database does, so that the service starts."""
    if not offsets:
        return
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=bootstrap, client_id="repti-restored", group_id=group, enable_auto_commit=False
    )
    try:
        await consumer.start()
        try:
            consumer.assign([Kafka(*at) for at in offsets])
            await consumer.commit({Kafka(*at): offset for at, offset in offsets.items()})
        finally:
            await consumer.stop()
    except KafkaError as problem:
        if isinstance(problem, aiokafka.errors.CommitFailedError | aiokafka.errors.UnknownMemberIdError):
            raise RestoreError(
                f"{group} has a worker: stop it, wait until the log has noticed (a few seconds), and do this again"
            ) from problem
        raise UnavailableError("the log", repr(problem)) from problem
