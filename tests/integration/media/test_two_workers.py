"""Two workers of repti-media on one PostgreSQL: what a vivarium keeps is counted by one after the other."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from reptidex.agents.media.storage import StorageFullError
from reptidex.services.media import SERVICE
from reptidex.streams.commands.media import ReceiveFile
from reptidex.tables.media.models import files_of
from reptidex.tables.media.storage import Storage
from tests.chaos.engine.postgres import Cluster, running_cluster
from tests.databases.two_workers import TwoWorkers

SAM, SAM_VIVARIUM = "5a000000-0000-7000-8000-000000000001", "5a000000-0000-7000-8000-000000000002"
SIZE = 1000


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    yield from running_cluster()


@pytest.fixture
async def two(cluster: Cluster) -> AsyncIterator[TwoWorkers]:
    async with TwoWorkers.of(SERVICE, cluster, "media_two_workers") as workers:
        yield workers
        assert await workers.left.letters() == []


def _upload(file_id: str) -> ReceiveFile:
    return ReceiveFile(
        file_id=file_id,
        vivarium_id=SAM_VIVARIUM,
        owner_id=SAM,
        kind="image",
        content_type="image/jpeg",
        size_bytes=SIZE,
        digest="0" * 64,
        place=f"quarantine/{file_id}",
        limit_bytes=SIZE,
    )


async def test_the_last_room_of_a_plan_is_given_once(two: TwoWorkers) -> None:
    names = [f"aa000000-0000-7000-8000-{number:012d}" for number in range(99)]
    apart = [next(name for name in names if side.owns(name)) for side in (two.left, two.right)]
    two.meet()

    said = await asyncio.gather(*(two.say(_upload(name)) for name in apart), return_exceptions=True)

    assert [type(each) for each in said if isinstance(each, Exception)] == [StorageFullError]
    assert len(await two.read.find(files_of(SAM_VIVARIUM))) == 1
    assert (await two.read.need(Storage, SAM_VIVARIUM)).used_bytes == SIZE
