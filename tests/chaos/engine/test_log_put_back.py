"""A log of which an older copy is put back, or whose topics are made anew, under workers and between them."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reptidex.agents.engine.restoring import Outcome, RestoreError, prepare
from reptidex.agents.engine.starting import CUT_OFF
from reptidex.settings import Settings
from reptidex.tables.database import Database
from reptidex.testing import eventually, reached
from tests.chaos.engine.nursery import Nursery
from tests.chaos.engine.scales import TOPICS, Scales, books, counted, forget, key_of, listen
from tests.chaos.engine.scales import prepare as make_topics
from tests.integration.devlog.broker_process import BrokerProcess

KEYS = 20


class PutBack:
    """A log that stands still, copied, and the copy put back later."""

    def __init__(self, log: BrokerProcess, folder: Path) -> None:
        self._log, self._copy = log, folder / "copy"

    async def copy(self) -> None:
        """Copy the log between two of its runs."""
        self._log.stop()
        shutil.copytree(self._log.data_dir, self._copy)
        await self._log.start()

    async def put_back(self) -> None:
        """Have the log as it was when it was copied."""
        self._log.stop()
        shutil.rmtree(self._log.data_dir)
        shutil.copytree(self._copy, self._log.data_dir)
        await self._log.start()


@pytest.fixture(params=["sqlite"])
def url(tmp_path: Path) -> str:
    """What is asked here is asked of the log."""
    return f"sqlite+aiosqlite:///{tmp_path}/post.db"


@pytest.fixture
async def scales(log: BrokerProcess) -> AsyncIterator[Scales]:
    yield Scales(log.bootstrap, KEYS)


async def weighed(database: Database, scales: Scales, count: int) -> None:
    await scales.weigh(count)
    await reached(lambda: counted(database), scales.count, "weighings have counted")


async def ended(nursery: Nursery, pid: int) -> str:
    """Wait for the end of a worker, and return how it ended."""
    await nursery.ended(pid)
    await eventually(lambda: any(line.startswith(f"ENDED {pid} ") for line in nursery.said()), why="it is written down")
    return next(line for line in nursery.said() if line.startswith(f"ENDED {pid} ")).split()[2]


async def said(log: BrokerProcess, count: int) -> bool:
    """Say whether whoever reads from the beginning hears each count once."""
    heard = await listen(log.bootstrap)
    return heard.distinct == len(heard.ids) == count


async def restored(log: BrokerProcess, url: str, state: Path) -> Outcome:
    database, found = Database.open(url), list[Outcome]()
    settings = Settings(log=log.bootstrap, state_dir=str(state), database_url=url)

    async def done() -> bool:
        # The log takes a worker that has ended at once for a member until its session is over.
        with contextlib.suppress(RestoreError):
            found.append(await prepare("post", settings, database, TOPICS, lambda read, whole: None))
        return bool(found)

    try:
        await eventually(done, why="the worker has left its group")
    finally:
        await database.close()
    return found[0]


@pytest.mark.parametrize(
    "grown", [pytest.param(0, id="shorter", marks=pytest.mark.slow), pytest.param(200, id="longer")]
)
async def test_a_worker_refuses_an_older_copy_of_its_log_and_goes_on_once_it_is_told_where(
    grown: int, log: BrokerProcess, nursery: Nursery, database: Database, scales: Scales, url: str, tmp_path: Path
) -> None:
    disk, first = PutBack(log, tmp_path), nursery.spawn()
    await weighed(database, scales, 100)
    await nursery.stop(first)
    await disk.copy()
    second = nursery.spawn()
    await weighed(database, scales, 100)
    await nursery.stop(second)
    await disk.put_back()
    await scales.weigh(grown)
    status = await ended(nursery, nursery.spawn())
    told = next(line for line in nursery.said() if "`reptidex restored post`" in line)
    found = await restored(log, url, tmp_path)
    again = await restored(log, url, tmp_path)
    last = nursery.spawn()
    await weighed(database, scales, 100)
    await eventually(lambda: said(log, scales.count), 30, why="what the log had lost stands on it again")
    await nursery.stop(last)

    assert status == str(CUT_OFF)
    assert "parcel.weighed" in told
    assert {at for at, _ in found.moved.items() if at.startswith("parcel.weighed")}
    assert all(to < stood for stood, to in found.moved.values())
    assert (found.lost, again.lost) == (100, 100), "a count of each weighing since the copy, until the service sends it"
    assert again.moved == {}
    assert await books(database) == {key_of(number, KEYS): scales.count // KEYS for number in range(KEYS)}


async def test_a_worker_under_which_the_log_is_cut_off_ends_before_it_handles_anything_twice(
    log: BrokerProcess, nursery: Nursery, database: Database, scales: Scales, tmp_path: Path
) -> None:
    disk = PutBack(log, tmp_path)
    await scales.weigh(100)
    await disk.copy()
    worker = nursery.spawn(session=30.0)
    await weighed(database, scales, 100)
    await disk.put_back()

    assert await ended(nursery, worker) == str(CUT_OFF)
    assert await counted(database) == 200


async def test_an_empty_log_gets_what_the_outboxes_hold_and_nothing_of_it_is_handled_twice(
    log: BrokerProcess, nursery: Nursery, database: Database, scales: Scales, url: str, tmp_path: Path
) -> None:
    first = nursery.spawn()
    await weighed(database, scales, 100)
    await nursery.stop(first)
    await forget(log.bootstrap)
    await make_topics(log.bootstrap, str(tmp_path))
    found = await restored(log, url, tmp_path)
    second = nursery.spawn()
    await Scales(log.bootstrap, KEYS).weigh(100)  # the same once more, as an outbox sends it
    await weighed(database, scales, 100)
    await eventually(lambda: said(log, 200), 30, why="what the log had lost stands on it again")
    await nursery.stop(second)

    assert (found.lost, found.again, {to for _, to in found.moved.values()}) == (100, 0, {0})
    assert await books(database) == {key_of(number, KEYS): 200 // KEYS for number in range(KEYS)}


async def test_topics_that_are_made_anew_between_two_workers_are_read_from_their_beginning_however_long_they_are(
    log: BrokerProcess, nursery: Nursery, database: Database, scales: Scales, tmp_path: Path
) -> None:
    first = nursery.spawn()
    await weighed(database, scales, 100)
    await nursery.stop(first)
    await forget(log.bootstrap)
    await make_topics(log.bootstrap, str(tmp_path))
    await scales.weigh(40)
    second = nursery.spawn()
    await reached(lambda: counted(database), 140, "weighings have counted")
    await nursery.stop(second)
    await forget(log.bootstrap)
    await make_topics(log.bootstrap, str(tmp_path))
    await scales.weigh(200)
    third = nursery.spawn()
    await reached(lambda: counted(database), 340, "weighings have counted")
    await nursery.stop(third)

    assert await books(database) == {key_of(number, KEYS): 340 // KEYS for number in range(KEYS)}
