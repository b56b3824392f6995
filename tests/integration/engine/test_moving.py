"""A service moves from SQLite to PostgreSQL: it goes on where it stood, and says nothing twice."""

from pathlib import Path

import msgspec
import pytest

from reptidex.devlog import DevLog
from reptidex.settings import Settings
from reptidex.tables.database import Database
from reptidex.tables.moving import MoveError, move
from reptidex.testing import eventually, reached
from tests.chaos.engine.postgres import Cluster
from tests.chaos.engine.scales import Scales, books, counted, key_of, listen
from tests.integration.engine.conftest import Start

KEYS = 20


@pytest.fixture
def elsewhere(settings: Settings, cluster: Cluster, tmp_path: Path) -> Settings:
    return msgspec.structs.replace(settings, database_url=cluster.database(f"moved_{abs(hash(str(tmp_path))) % 10**9}"))


async def moved(settings: Settings, elsewhere: Settings) -> dict[str, int]:
    source, target = Database.open(settings.database_of("post")), Database.open(elsewhere.database_of("post"))
    try:
        return await move(source, target, "post", lambda table, count: None)
    finally:
        await source.close()
        await target.close()


async def test_a_worker_goes_on_in_the_new_database_where_it_stood_in_the_old(
    log: DevLog, settings: Settings, elsewhere: Settings, start: Start
) -> None:
    scales = Scales(log.bootstrap, KEYS)
    before = await start()
    await scales.weigh(100)
    await reached(lambda: counted(before.database), 100, "weighings have counted")
    await before.stop()

    rows = await moved(settings, elsewhere)
    after = await start(settings=elsewhere)
    await scales.weigh(100)
    await reached(lambda: counted(after.database), 200, "weighings have counted")

    async def said() -> bool:
        return (await listen(log.bootstrap)).distinct >= 200

    await eventually(said, why="the counts stand on the log")
    heard = await listen(log.bootstrap)

    assert (rows["parcels"], rows["fences"]) == (KEYS, 4) and rows["positions"] and rows["outbox"]
    assert await books(after.database) == {key_of(number, KEYS): 200 // KEYS for number in range(KEYS)}
    assert (heard.distinct, len(heard.ids), heard.records) == (200, 200, 200)


async def test_rows_are_moved_into_an_empty_database_alone(
    log: DevLog, settings: Settings, elsewhere: Settings, start: Start
) -> None:
    worker = await start()
    await worker.stop()
    await moved(settings, elsewhere)

    with pytest.raises(MoveError, match="fences already"):
        await moved(settings, elsewhere)
