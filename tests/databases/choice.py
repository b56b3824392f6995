"""What the suites' platforms keep their state in: `REPTIDEX_TEST_DATABASE=sqlite|postgresql` (SQLite where nothing is said)."""

import contextlib
import os
from collections.abc import Iterator

from reptidex.settings import BRIDGE, SERVICES
from tests.chaos.engine.postgres import running_cluster

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


def chosen() -> str:
    """Return the choice."""
    choice = os.environ.get("REPTIDEX_TEST_DATABASE", SQLITE)
    assert choice in (SQLITE, POSTGRESQL), f"REPTIDEX_TEST_DATABASE={choice}: sqlite or postgresql is expected"
    return choice


@contextlib.contextmanager
def own_databases(choice: str) -> Iterator[dict[str, str]]:
    """Yield the URL of a database for each service and the bridge; none for SQLite, whose files a platform makes itself.

    On PostgreSQL they are those of docker-compose.yml, made by the script that it runs, in a cluster of their own: each has its
    role and password, and no role may open another's. Skips the test, with the reason, where there is no PostgreSQL.
    """
    if choice == SQLITE:
        yield {}
        return
    for cluster in running_cluster(passwords=True):
        yield cluster.of_services(*SERVICES, BRIDGE)
