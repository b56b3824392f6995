"""Migrations yield exactly what the rows say, on both databases."""

from pathlib import Path

import pytest

from reptidex.settings import SERVICES
from reptidex.tables.database import Database
from reptidex.tables.migrate import MigrationError, differences, load_models, migrate, newest, scripts
from tests.chaos.engine.postgres import Cluster


@pytest.mark.parametrize("service", SERVICES)
async def test_the_revisions_of_a_service_make_exactly_its_tables(service: str, tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/{service}.db", worker=False)
    try:
        await migrate(database, service)

        assert await differences(database, service) == []
    finally:
        await database.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_they_do_so_on_postgresql_too(service: str, cluster: Cluster) -> None:
    load_models(service)
    database = Database.open(cluster.database(f"migrated_{service}"), worker=False)
    try:
        await migrate(database, service)

        assert await differences(database, service) == []
    finally:
        await database.close()


async def test_a_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/core.db", worker=False)
    try:
        first, second = await migrate(database, "core"), await migrate(database, "core")

        assert first[0] == "engine 0001"
        assert second == []
    finally:
        await database.close()


async def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/core.db", worker=False)
    try:
        async with database.engine.connect() as connection:
            await connection.exec_driver_sql("CREATE TABLE outbox (wrong INTEGER)")
        with pytest.raises(MigrationError, match="outbox already exists"):
            await migrate(database, "core")
        async with database.engine.connect() as connection:
            tables = (await connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")).all()

        assert [row[0] for row in tables] == ["outbox"]
    finally:
        await database.close()


def test_the_engine_has_its_own_chain() -> None:
    script = scripts("engine")

    assert script is not None
    assert script.get_current_head() is not None


async def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    for chain in ("engine", *SERVICES):
        script = scripts(chain)

        assert script is not None
        assert newest(chain) == script.get_current_head()
