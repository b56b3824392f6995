"""A log in a process of its own, databases of both kinds, and workers to kill."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reptidex.errors import UnavailableError
from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from tests.brokers.apache_kafka import running_kafka
from tests.brokers.choice import EMBEDDED, broker_address, chosen
from tests.chaos.engine.nursery import Nursery
from tests.chaos.engine.postgres import Cluster, running_cluster
from tests.chaos.engine.scales import forget, prepare
from tests.integration.devlog.broker_process import BrokerProcess


@pytest.fixture(scope="session")
def shared() -> Iterator[Any]:
    """Run the broker that was chosen once, where that is not the embedded log, of which each test has its own."""
    choice = chosen()
    if choice == EMBEDDED:
        yield None
    elif choice == "kafka":
        with contextlib.ExitStack() as stack:
            try:
                yield stack.enter_context(running_kafka())
            except UnavailableError as reason:
                pytest.skip(f"Apache Kafka: {reason}")
    else:
        with broker_address(choice) as address:
            yield SimpleNamespace(bootstrap=address)


class SharedLog:
    """A broker that all tests share, as each test's own: its topics are made anew."""

    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self.bootstrap: str = broker.bootstrap

    def kill(self) -> None:
        """Kill it."""
        if not hasattr(self._broker, "kill"):
            pytest.skip("this broker is not ours to kill")
        self._broker.kill()

    @property
    def data_dir(self) -> Path:
        """Where its records are."""
        if not hasattr(self._broker, "data_dir"):
            pytest.skip("this broker's disk is not ours")
        return Path(self._broker.data_dir)

    def stop(self) -> None:
        """Stop it in good order."""
        self._broker.stop()

    def evidence(self) -> str:
        """Return what it has said last, where it is ours."""
        return str(self._broker.evidence()) if hasattr(self._broker, "evidence") else self.bootstrap

    async def start(self) -> None:
        """Start it again."""
        await asyncio.to_thread(self._broker.start)


@pytest.fixture
async def log(shared: Any, tmp_path: Path) -> AsyncIterator[BrokerProcess | SharedLog]:
    if shared is not None:
        await forget(shared.bootstrap)
        await prepare(shared.bootstrap, str(tmp_path))
        yield SharedLog(shared)
        return
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
def nursery(log: BrokerProcess | SharedLog, url: str, tmp_path: Path) -> Iterator[Nursery]:
    nursery = Nursery(log.bootstrap, url, tmp_path)
    yield nursery
    nursery.close()
