"""What an earlier version left in its databases is brought to the newest schema, and read by the code of today.

`kept/COMMIT.tar.xz` holds the six SQLite databases, compacted by `VACUUM INTO`, that `reptidex up` and
`reptidex demo --keep` of that commit left. Keep another one whenever a version is put to use.
"""

import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reptidex.services import all_services
from reptidex.settings import SERVICES
from reptidex.streams import codec
from reptidex.tables.database import Database
from reptidex.tables.migrate import differences, load_models, migrate
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.row import Row
from reptidex.tables.timers import TimerRow

KEPT = sorted((Path(__file__).parent / "kept").glob("*.tar.xz"))


@pytest.fixture(
    params=[(kept, service) for kept in KEPT for service in SERVICES], ids=lambda it: f"{it[0].name}-{it[1]}"
)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Database, str]]:
    """Return a database of before, brought to the newest schema, and whose it is."""
    kept, service = request.param
    with tarfile.open(kept) as archive:
        archive.extract(f"./{service}.db", tmp_path, filter="data")
    opened = Database.open(f"sqlite+aiosqlite:///{tmp_path}/{service}.db", worker=False)
    await migrate(opened, service)
    yield opened, service
    await opened.close()


def kinds_of(service: str) -> list[type[Row]]:
    """Return the kinds of rows that a service stores, the engine's among them."""
    held = {*load_models(service).tables.values(), *load_models("engine").tables.values()}
    return [kind for kind in Row.__subclasses__() if kind.sql in held]


async def test_every_row_is_read(database: tuple[Database, str]) -> None:
    opened, service = database
    reader, count = Reader(opened), 0

    for kind in kinds_of(service):
        rows = await reader.find(select(kind))
        assert len(rows) == await reader.count(select(kind))
        count += len(rows)

    assert count > 20
    assert await differences(opened, service) == []


async def test_what_is_due_some_day_is_still_understood(database: tuple[Database, str]) -> None:
    opened, _ = database
    all_services()  # they bring their commands
    timers = await Reader(opened).find(select(TimerRow))

    assert all(codec.decode(timer.command).data for timer in timers)
