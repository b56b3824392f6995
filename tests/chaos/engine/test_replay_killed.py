"""A replay is killed again and again while a worker goes on: it is resumed, and each event counts once in the new rows."""

import asyncio
from pathlib import Path

import pytest

from reptidex.agents.engine.replay.replay import Replay
from reptidex.settings import Settings
from reptidex.tables.beside import is_under_way
from reptidex.tables.database import Database
from tests.chaos.engine.nursery import Nursery
from tests.chaos.engine.replay_process import COUNTS, Quiet, killed_at
from tests.chaos.engine.scales import Scales
from tests.chaos.engine.test_kill_points import check_books
from tests.chaos.engine.worker_process import Parcels
from tests.integration.devlog.broker_process import BrokerProcess

KEYS = 200
POINTS = ("after commit:4", "before switch:1", "in switch:1")


@pytest.mark.slow
async def test_a_replay_that_is_killed_in_mid_stream_is_resumed_and_switches_once(
    log: BrokerProcess, nursery: Nursery, database: Database, url: str, tmp_path: Path
) -> None:
    settings = Settings(log=log.bootstrap, state_dir=str(tmp_path), database_url=url)
    scales = Scales(log.bootstrap, KEYS)
    await scales.weigh(1000)
    worker = nursery.spawn()
    await nursery.until(database, 1000)

    async def stream() -> None:
        for _ in range(10):
            await scales.weigh(100)
            await asyncio.sleep(0.2)

    streaming = asyncio.create_task(stream())
    for point in POINTS:
        await killed_at(settings, point)
    report = await Replay(Parcels(), COUNTS, settings, Quiet()).run()
    await streaming
    await nursery.until(database, 2000)
    await check_books(database, log.bootstrap, 2000, KEYS)
    await nursery.stop(worker)

    assert (report.resumed, report.outcome, report.generation) == (True, "switched", 2)
    assert report.events < 1900  # most of it had been built by those that were killed
    assert not await is_under_way(database, "counts")
