"""A log in a process of its own, databases of both kinds, and workers to kill."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from tests.chaos.engine.nursery import Nursery
from tests.chaos.engine.postgres import Cluster, running_cluster
from tests.chaos.engine.scales import prepare
from tests.integration.devlog.broker_process import BrokerProcess


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[BrokerProcess]:
    process = BrokerProcess(tmp_path / "log", "--group-delay", "0.05")
    await process.start()
    await prepare(process.bootstrap, str(tmp_path))
    yield process
    process.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    yield from running_cluster()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/post.db"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.database(f"post_{tmp_path.name.lower().replace('-', '_')}_{abs(hash(tmp_path)) % 10**6}"[-60:])


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database.open(url, worker=False, readers=1)
    await migrate(database, "post")
    yield database
    await database.close()


@pytest.fixture
def nursery(log: BrokerProcess, url: str, tmp_path: Path) -> Iterator[Nursery]:
    nursery = Nursery(log.bootstrap, url, tmp_path)
    yield nursery
    nursery.close()
