"""The script that docker-compose.yml has PostgreSQL run: each service's role opens its own database and no other."""

from collections.abc import Iterator

import asyncpg
import pytest
import sqlalchemy as sa

from tests.databases.choice import POSTGRESQL, own_databases


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, sa.URL]]:
    with own_databases(POSTGRESQL) as urls:
        yield {name: sa.make_url(url) for name, url in urls.items()}


async def opened(url: sa.URL) -> bool:
    """Say whether a database can be opened, and a table made in it."""
    try:
        connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidPasswordError):
        return False
    try:
        await connection.execute("CREATE TABLE trial (x int); DROP TABLE trial")
    finally:
        await connection.close()
    return True


async def test_a_role_opens_its_own_database_and_no_other(urls: dict[str, sa.URL]) -> None:
    tried = {(mine, theirs): url.set(database=urls[theirs].database) for mine, url in urls.items() for theirs in urls}

    assert [pair for pair, url in tried.items() if await opened(url)] == [(name, name) for name in urls]


async def test_a_role_is_admitted_by_its_password_alone(urls: dict[str, sa.URL]) -> None:
    assert not await opened(urls["core"].set(password="another"))
