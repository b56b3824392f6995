"""The databases of a platform that is up: every service is at work in its own, as its own role."""

import pytest

from reptidex.settings import SERVICES
from tests.databases.asking import ask
from tests.end_to_end.conftest import Stage


async def test_each_service_works_in_its_own_database_as_its_own_role(stage: Stage) -> None:
    url = stage.settings.database_of("core")
    if not url.startswith("postgresql"):
        pytest.skip("SQLite knows no roles: REPTIDEX_TEST_DATABASE=postgresql has this asked")

    connected = await ask(
        url, "SELECT DISTINCT datname, usename FROM pg_stat_activity WHERE application_name = 'reptidex'"
    )

    assert {row for row in connected if "bridge" not in row[0]} == {
        (f"repti_{name}_db", f"repti_{name}") for name in SERVICES
    }
