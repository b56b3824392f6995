"""How many rows each table of a database holds; for the demo's figures and for judges of a run."""

from contextlib import aclosing

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from reptidex.errors import UnavailableError
from reptidex.tables.database import Database


async def is_used(url: str) -> bool:
    """Say whether a database has tables already; a SQLite file that is not there has none, and is not made.

    Raises `UnavailableError` where the database cannot be reached, `SettingsError` for a URL that is none.
    """
    try:
        database = Database.open(url, worker=False, readers=1, create=False)
    except UnavailableError:
        return False
    try:
        async with aclosing(await database.connect()) as connection:
            return bool(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))
    finally:
        await database.close()


async def row_counts(url: str) -> dict[str, int]:
    """Return the number of rows by table name. The database is only read."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
            counts = {}
            for name in sorted(names):
                found = await connection.execute(sa.select(sa.func.count()).select_from(sa.table(name)))
                counts[name] = int(found.scalar_one())
            return counts
    finally:
        await engine.dispose()
