"""The databases of a platform that is up: every service is at work in its own; on PostgreSQL as its own role."""

from reptidex.settings import BRIDGE, SERVICES
from tests.databases.asking import ask
from tests.databases.choice import POSTGRESQL, chosen
from tests.end_to_end.conftest import Stage

CONNECTED = "SELECT DISTINCT datname, usename FROM pg_stat_activity WHERE application_name = 'reptidex'"


async def test_each_service_works_in_its_own_database_as_its_own_role(stage: Stage) -> None:
    if chosen() == POSTGRESQL:
        connected = {*await ask(stage.settings.database_of("core"), CONNECTED)}
        connected.discard((f"repti_{BRIDGE}_db", f"repti_{BRIDGE}"))

        assert connected == {(f"repti_{name}_db", f"repti_{name}") for name in SERVICES}
        assert not list(stage.settings.state.glob("*.db"))
    else:
        files = {path.name for path in stage.settings.state.glob("*.db")}

        assert files == {f"repti_{name}_db.db" for name in SERVICES}
