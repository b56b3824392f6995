"""`kill -9` at ten named points of the unit of work: nothing is lost, nothing is applied twice."""

import pytest

from reptidex.tables.database import Database
from reptidex.testing import reached
from tests.chaos.engine.nursery import Nursery
from tests.chaos.engine.scales import Scales, books, key_of, letters, listen
from tests.integration.devlog.broker_process import BrokerProcess

EVENTS = 5_000
KEYS = 300
POINTS = (
    "before fetch:6",
    "in handler:4",
    "before commit:4",
    "in tx:4",
    "after commit:4",
    "in relay:5",
    "after relay:5",
    "before ack:1",
    "on assignment:1",
    "in tx:1",
)


async def check_books(database: Database, log: str, events: int, keys: int) -> tuple[int, int]:
    """Compare everything with what one run without a crash makes. Returns the records and the repeats on the log."""
    expected: dict[str, int] = {}
    for number in range(events):
        key = key_of(number, keys)
        expected[key] = expected.get(key, 0) + 1
    assert await books(database) == expected
    assert await letters(database) == []

    async def told() -> int:
        return (await listen(log)).distinct

    await reached(told, events, "events are on the log", every=0.5)
    heard = await listen(log)
    assert {key: list(range(1, times + 1)) for key, times in expected.items()} == heard.sequences
    assert max(heard.ids.values()) == 1
    return heard.records, heard.repeats


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_worker_killed_at_each_point_loses_nothing_and_applies_nothing_twice(
    log: BrokerProcess, nursery: Nursery, database: Database
) -> None:
    scales = Scales(log.bootstrap, KEYS)
    share = EVENTS // (len(POINTS) + 1)
    for point in POINTS:
        await scales.weigh(share)
        await nursery.ended(nursery.spawn(kill=point))
    assert nursery.killed() == [point.partition(":")[0] for point in POINTS]
    await scales.weigh(EVENTS - scales.count)
    last = nursery.spawn()
    await nursery.until(database, EVENTS)
    records, repeats = await check_books(database, log.bootstrap, EVENTS, KEYS)
    await nursery.stop(last)
    print(
        f"{len(POINTS)} kills, {EVENTS} events: 0 lost, 0 twice; {repeats} of {records} records on the log were repeats"
    )
