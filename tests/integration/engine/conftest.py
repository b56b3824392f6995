"""A log of one's own and workers of the parcels service on it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reptidex.agents.runtime import Worker
from reptidex.devlog import DevLog, Options
from reptidex.settings import Settings
from tests.chaos.engine.postgres import Cluster, running_cluster
from tests.chaos.engine.scales import prepare
from tests.chaos.engine.worker_process import Parcels

Start = Callable[..., Awaitable[Worker]]


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[DevLog]:
    async with DevLog(Options(data_dir=tmp_path / "log", group_delay=0.02)) as log:
        await prepare(log.bootstrap, str(tmp_path))
        yield log


@pytest.fixture
def settings(log: DevLog, tmp_path: Path) -> Settings:
    return Settings(log=log.bootstrap, state_dir=str(tmp_path), fetch_wait_ms=50, session_timeout_s=3.0)


def on_its_database(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Return settings with a database of the kind that a fixture's parameter names."""
    if request.param == "sqlite":
        return settings
    cluster: Cluster = request.getfixturevalue("cluster")
    return msgspec.structs.replace(settings, database_url=cluster.database(f"test_{abs(hash(str(tmp_path))) % 10**9}"))


@pytest.fixture
async def start(settings: Settings) -> AsyncIterator[Start]:
    workers, ends = list[Worker](), list[int]()

    async def start(service: Any = None, **options: Any) -> Worker:
        # In a process of its own it would end that; here it would end the tests, and nobody would know why.
        worker = Worker(service or Parcels(), options.pop("settings", settings), die=ends.append, **options)
        workers.append(worker)
        await worker.start()
        return worker

    yield start
    for worker in workers:
        await worker.stop()
    assert not ends, f"a worker would have ended its process with {ends}"


@pytest.fixture
async def worker(start: Start) -> Worker:
    return await start()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    yield from running_cluster()
