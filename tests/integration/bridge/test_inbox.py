"""The inbox and the letters, on both databases: fifteen days are remembered, a letter is kept once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from reptidex.connectors.bridge.ports import Letter
from reptidex.platform.bridge.inbox import TableInbox
from reptidex.platform.bridge.letters import LetterBox
from reptidex.platform.bridge.metrics import BridgeMetrics
from reptidex.platform.bridge.writer import Writer
from reptidex.tables.database import Database
from reptidex.tables.letter_office import LetterOffice
from reptidex.tables.migrate import migrate
from reptidex.tables.pruning import pruning
from tests.chaos.engine.postgres import Cluster, running_cluster

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = ("/repti-animal", "019cd20a-0d00-7452-93ce-f0b1568860df")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    yield from running_cluster()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path}/bridge.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("cluster").database(f"bridge_{abs(hash(tmp_path)) % 10**8}")
    database = Database.open(url)
    await migrate(database, "bridge")
    yield database
    await database.close()


@pytest.mark.parametrize(("days", "known"), [(0, True), (13, True), (14.9, True), (15.1, False)])
async def test_an_event_is_known_for_fifteen_days(database: Database, days: float, known: bool) -> None:
    now, writer = BEGINNING, Writer(database)
    inbox = TableInbox(database, writer, clock=lambda: now)
    await inbox.record([EVENT])
    await inbox.record([EVENT, ("/a", "b")])

    now = BEGINNING + timedelta(days=days)
    await writer.write(*pruning(database, now))

    assert await inbox.seen([EVENT, ("/other", EVENT[1])]) == ({EVENT} if known else set())
    await writer.close()


class Told:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.records: list[Any] = []

    async def put(self, records: Any) -> list[Exception | None]:
        self.records.extend(records)
        return [None for _ in records]


async def test_a_letter_is_kept_once_and_blocks_its_lane_after_a_restart(database: Database) -> None:
    writer, told = Writer(database), Told()
    box = LetterBox(database, writer, told, BridgeMetrics(CollectorRegistry()), clock=lambda: BEGINNING)
    letter = Letter(
        direction="inbound", letter_id="sqs/q.fifo/1", state="dead", topic="q.fifo", key="g", type="x", value=b"\x00a",
        cause="why\x00",
    )  # fmt: skip

    await box.keep(letter)
    await box.keep(letter)
    again = LetterBox(database, writer, told, BridgeMetrics(CollectorRegistry()), clock=lambda: BEGINNING)
    await again.load()

    [kept] = await LetterOffice(database, clock=lambda: BEGINNING).letters()
    assert (kept.value, kept.source, kept.state) == (b"\x00a", "sqs", "dead")
    assert len(told.records) == 1
    assert again.blocks("q.fifo", "g") and not again.blocks("q.fifo", "h")
    await writer.close()


async def test_what_lies_at_the_same_place_of_a_log_that_was_replaced_is_a_letter_of_its_own(
    database: Database,
) -> None:
    writer, told = Writer(database), Told()
    box = LetterBox(database, writer, told, BridgeMetrics(CollectorRegistry()), clock=lambda: BEGINNING)
    for value in (b"before", b"after", b"before", b"after"):
        await box.keep(
            Letter(
                direction="outbound", letter_id="animal.created/0/00000000000000000007", state="unreadable",
                topic="animal.created", key="k", type="x", value=value, offset=7,
            )
        )  # fmt: skip

    kept = await LetterOffice(database, clock=lambda: BEGINNING).letters()
    assert sorted(each.value for each in kept) == [b"after", b"before"]
    assert len(told.records) == 2
    await writer.close()


async def test_a_letter_that_joins_its_lane_while_those_before_it_are_sent_keeps_the_lane_waiting(
    database: Database,
) -> None:
    writer = Writer(database)
    box = LetterBox(database, writer, Told(), BridgeMetrics(CollectorRegistry()), clock=lambda: BEGINNING)
    sent: list[str] = []

    def letter(number: int) -> Letter:
        return Letter(
            direction="inbound", letter_id=f"sqs/q.fifo/{number}", state="parked", topic="q.fifo", key="g", type="x",
            value=b"a",
        )  # fmt: skip

    async def resend(row: Any) -> None:
        sent.append(row.letter_id)
        if len(sent) == 1:
            await box.keep(letter(2))

    await box.keep(letter(1))
    await box.look(resend)
    assert box.blocks("q.fifo", "g")  # or the next message would overtake the second letter

    await box.look(resend)
    assert sent == ["sqs/q.fifo/1", "sqs/q.fifo/2"]
    assert not box.blocks("q.fifo", "g")
    await writer.close()


async def test_a_letter_that_becomes_safe_while_its_lane_is_looked_at_keeps_the_lane_waiting(
    database: Database,
) -> None:
    writer, begun, seen = Writer(database), asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def put(self, records: Any) -> list[Exception | None]:
            begun.set()
            await seen.wait()
            return await super().put(records)

    box = LetterBox(database, writer, Slow(), BridgeMetrics(CollectorRegistry()), clock=lambda: BEGINNING)
    letter = Letter(
        direction="inbound", letter_id="sqs/1", state="parked", topic="q.fifo", key="g", type="x", value=b"a"
    )
    keeping = asyncio.create_task(box.keep(letter))
    await begun.wait()
    find = box._reader.find

    async def late(query: Any) -> Any:
        found = await find(query)
        if not seen.is_set():
            seen.set()
            await keeping
        return found

    async def resend(row: Any) -> None: ...

    box._reader.find = late  # type: ignore[method-assign]
    await box._try(("q.fifo", "g"), resend)

    assert box.blocks("q.fifo", "g")
    await writer.close()


async def test_a_bridge_learns_of_the_letters_of_another_before_it_goes_on_in_their_lanes(database: Database) -> None:
    if not database.shared:
        pytest.skip("only a database of several bridges has letters of another")
    writer = Writer(database)
    one, other = (
        LetterBox(database, writer, Told(), BridgeMetrics(CollectorRegistry()), clock=lambda: BEGINNING)
        for _ in range(2)
    )
    await other.load()
    for number, (topic, key) in enumerate([("q.fifo", "g"), ("q.fifo", "h"), ("order.created", "k")]):
        await one.keep(
            Letter(
                direction="inbound", letter_id=f"sqs/{number}", state="dead", topic=topic, key=key, type="x", value=b"a"
            )
        )

    await other.learn("q.fifo", ["g", "f"])
    assert [other.blocks("q.fifo", key) for key in "fgh"] == [False, True, False]
    await other.join()
    assert other.blocks("q.fifo", "h") and other.blocks("order.created", "k")

    for number in range(3):
        await LetterOffice(database, clock=lambda: BEGINNING).discard(f"sqs/{number}")

    async def resend(row: Any) -> None: ...

    await other.look(resend)
    assert not other.blocked
    await writer.close()


async def test_a_lane_whose_key_no_database_takes_waits_behind_its_letter_all_the_same(database: Database) -> None:
    writer = Writer(database)
    box = LetterBox(database, writer, Told(), BridgeMetrics(CollectorRegistry()), clock=lambda: BEGINNING)
    for key in ("a\x00b", "c" * 3000):
        await box.keep(
            Letter(
                direction="outbound", letter_id=f"order.created/0/{key[0]}", state="dead", topic="order.created", key=key,
                type="x", value=b"a",
            )
        )  # fmt: skip

    async def resend(row: Any) -> None: ...

    await box.look(resend)
    assert box.blocks("order.created", "a\x00b") and box.blocks("order.created", "c" * 3000)
    await writer.close()
