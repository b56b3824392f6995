"""Two workers of one service on PostgreSQL: partitions move in mid-stream, a frozen worker comes back too late."""

import asyncio
import os
import signal

import pytest

from reptidex.tables.database import Database
from reptidex.tables.reader import Reader
from reptidex.testing import eventually
from tests.chaos.engine.nursery import Nursery, alive
from tests.chaos.engine.scales import Scales, counted
from tests.chaos.engine.test_kill_points import check_books
from tests.integration.devlog.broker_process import BrokerProcess
from tests.unit.engine.parcels import ALL, Parcel

KEYS = 200

only_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@only_postgresql
@pytest.mark.slow
async def test_partitions_that_move_in_mid_stream_lose_nothing_and_count_nothing_twice(
    log: BrokerProcess, nursery: Nursery, database: Database
) -> None:
    scales = Scales(log.bootstrap, KEYS)
    stream = asyncio.create_task(_stream(scales, 6, 500))
    first = nursery.spawn(kept=True, unit_records=20)
    await nursery.until(database, 200)
    second = nursery.spawn(kept=True, unit_records=20)
    await nursery.until(database, 1500)
    await nursery.stop(first)
    third = nursery.spawn(kept=True, unit_records=20)
    await nursery.until(database, 2200)
    nursery.kill(second)
    await stream
    await nursery.until(database, 3000)

    await check_books(database, log.bootstrap, 3000, KEYS)
    await nursery.stop(third)


async def _stream(scales: Scales, times: int, count: int) -> None:
    for _ in range(times):
        await scales.weigh(count)


@only_postgresql
@pytest.mark.slow
async def test_a_row_that_both_workers_write_counts_each_event_once(
    log: BrokerProcess, nursery: Nursery, database: Database
) -> None:
    scales = Scales(log.bootstrap, KEYS)
    stream = asyncio.create_task(_stream(scales, 4, 500))
    workers = [nursery.spawn(kept=True, unit_records=20, count_all=True) for _ in range(2)]
    await stream
    await nursery.until(database, 2000)
    for pid in workers:
        await nursery.stop(pid)

    row = await Reader(database).need(Parcel, ALL)
    assert (row.total, await counted(database)) == (2000, 2000)


@only_postgresql
@pytest.mark.slow
async def test_a_frozen_worker_that_wakes_after_its_partitions_moved_is_fenced_and_ends(
    log: BrokerProcess, nursery: Nursery, database: Database
) -> None:
    scales = Scales(log.bootstrap, KEYS)
    await scales.weigh(1000)
    frozen = nursery.spawn(freeze="before commit:3", unit_records=50)
    await eventually(lambda: "FROZEN before commit" in nursery.said(), 60)
    before = await counted(database)
    second = nursery.spawn(unit_records=50)
    await nursery.until(database, 1000)
    os.kill(frozen, signal.SIGCONT)
    await nursery.ended(frozen)
    await scales.weigh(500)
    await nursery.until(database, 1500)

    assert before < 1000
    assert "another worker took over; this process ends at once" in nursery.output.read_text()
    assert alive(second)
    await check_books(database, log.bootstrap, 1500, KEYS)
    await nursery.stop(second)
