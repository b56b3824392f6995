"""A database restored from a backup while the log went on: it is refused, prepared, and then nothing is lost or said twice."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reptidex.agents.agent import Unit, agent
from reptidex.agents.engine.group import BEHIND
from reptidex.agents.engine.restoring import Outcome, RestoreError, prepare
from reptidex.agents.runtime import Worker
from reptidex.devlog import DevLog
from reptidex.settings import Settings
from reptidex.streams.contract import Event
from reptidex.tables.database import Database
from reptidex.testing import eventually, reached
from tests.chaos.engine.postgres import binaries
from tests.chaos.engine.scales import TOPICS, Scales, books, counted, key_of, listen
from tests.chaos.engine.worker_process import Parcels
from tests.integration.engine.conftest import Start, on_its_database
from tests.unit.engine.parcels import AGENTS, ParcelPosted, ParcelWeighed

KEYS = 20


@agent(ParcelWeighed)
async def announce(message: ParcelWeighed, unit: Unit) -> AsyncIterator[Event]:
    """Say more than a newer version of the service does: after a restore its outbox would stand lower than before."""
    yield ParcelPosted(parcel_id=message.parcel_id)


class Backup:
    """A copy of a service's database, made while it stands still, by the means of its kind."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._file = sa.make_url(url), folder / "backup"

    def make(self) -> None:
        if self._url.get_backend_name() == "sqlite":
            assert self._url.database
            shutil.copy(self._url.database, self._file)
        else:
            self._postgres("pg_dump", "--format=custom", f"--file={self._file}")

    def restore(self) -> None:
        if self._url.get_backend_name() == "sqlite":
            assert self._url.database
            for rest in ("-wal", "-shm"):
                Path(self._url.database + rest).unlink(missing_ok=True)
            shutil.copy(self._file, self._url.database)
        else:
            self._postgres("pg_restore", "--clean", str(self._file))

    def _postgres(self, program: str, *arguments: str) -> None:
        folder, url = binaries(), self._url
        assert folder is not None
        place = ["-h", str(url.host), "-p", str(url.port), "-U", str(url.username), "-d", str(url.database)]
        subprocess.run([str(folder / program), *place, *arguments], check=True, timeout=60)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return on_its_database(settings, request, tmp_path)


async def prepared(settings: Settings, told: Callable[[int, int], None] = lambda read, whole: None) -> Outcome:
    database = Database.open(settings.database_of("post"))
    try:
        return await prepare("post", settings, database, TOPICS, told)
    finally:
        await database.close()


async def weighed(worker: Worker, scales: Scales, count: int) -> None:
    await scales.weigh(count)
    await reached(lambda: counted(worker.database), scales.count, "weighings have counted")


@pytest.fixture
async def scales(log: DevLog, settings: Settings, start: Start, tmp_path: Path) -> Scales:
    """Weighings on the log, all of them worked off, of which the restored database knows the first hundred."""
    scales, backup = Scales(log.bootstrap, KEYS), Backup(settings.database_of("post"), tmp_path)
    for _ in range(2):
        worker = await start(Parcels(agents=(*AGENTS, announce)))
        await weighed(worker, scales, 100)
        await worker.stop()
        if scales.count == 100:
            backup.make()
    backup.restore()
    return scales


async def test_a_worker_does_not_start_on_a_restored_database(scales: Scales, settings: Settings) -> None:
    ends = list[int]()
    worker = Worker(Parcels(), settings, die=ends.append)
    starting = asyncio.create_task(worker.start())
    await eventually(lambda: bool(ends), why="the worker has ended its process")
    ready = worker.engine.is_ready
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await worker.stop()

    assert (ends, ready) == ([BEHIND], False)


async def test_prepared_it_loses_nothing_and_says_nothing_twice(
    log: DevLog, scales: Scales, settings: Settings, start: Start
) -> None:
    read = list[tuple[int, int]]()
    found = await prepared(settings, lambda done, whole: read.append((done, whole)))
    again = await prepared(settings)
    worker = await start()
    await weighed(worker, scales, 100)
    said = await _said(log, 300)

    assert (found.said, found.again) == (200, 100), "a count and an announcement of each weighing since the backup"
    assert (again.said, again.again) == (0, 0), "it may be repeated"
    assert read[-1][0] == read[-1][1] > 0
    assert await books(worker.database) == {key_of(number, KEYS): 300 // KEYS for number in range(KEYS)}
    assert (said.distinct, len(said.ids), said.records) == (300, 300, 300), "each count is heard, and heard once"


async def test_nothing_is_prepared_under_the_hands_of_a_worker(
    log: DevLog, settings: Settings, start: Start, tmp_path: Path
) -> None:
    worker = await start()
    await weighed(worker, Scales(log.bootstrap, KEYS), 10)
    await eventually(lambda: not worker.engine.group.untold(worker.engine.runner.positions), why="the group is told")

    elsewhere = Database.open(f"sqlite+aiosqlite:///{tmp_path}/older.db")
    await elsewhere.create("post")
    try:
        with pytest.raises(RestoreError, match="repti-post has a worker"):
            await prepare("post", settings, elsewhere, TOPICS, lambda read, whole: None)
    finally:
        await elsewhere.close()


async def _said(log: DevLog, count: int) -> Any:
    heard = await listen(log.bootstrap)

    async def enough() -> bool:
        nonlocal heard
        heard = await listen(log.bootstrap)
        return heard.distinct >= count

    await eventually(enough, why="the counts stand on the log")
    return heard
