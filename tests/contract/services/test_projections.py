"""What the manifests say of projections holds: one owner a table, events only, no row of anybody else's."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reptidex.agents.engine.inputs import MARK, LogRecord
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.unit import UnitRunner
from reptidex.agents.projection import Projection
from reptidex.services import all_services
from reptidex.streams.examples import raw_examples
from reptidex.tables.beside import Beside, QuietStore
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.migrate import migrate
from reptidex.tables.query import select
from reptidex.tables.reader import Reader

PROJECTIONS = {
    f"{service.short}.{projection.name}": (service.short, projection)
    for service in all_services().values()
    for projection in service.projections
}


def test_what_engine_md_names_can_be_replayed() -> None:
    assert {"community.search", "core.telemetry", "ops.audit"} <= set(PROJECTIONS)


def test_a_table_belongs_to_one_projection_and_one_service() -> None:
    tables = Counter(
        (short, part.row.sql.name) for short, projection in PROJECTIONS.values() for part in projection.parts
    )

    assert max(tables.values()) == 1


@pytest.mark.parametrize("name", PROJECTIONS)
def test_its_agents_hear_events_that_the_service_hears(name: str) -> None:
    short, projection = PROJECTIONS[name]
    service = all_services()[short]
    live = {message for agent in service.agents for message in agent.hears}

    assert {message for agent in projection.agents for message in agent.hears} <= live
    assert all(message.contract.kind == "event" for agent in projection.agents for message in agent.hears)


@pytest.mark.parametrize("name", PROJECTIONS)
async def test_its_agents_get_along_with_the_rows_of_its_parts(name: str, tmp_path: Path) -> None:
    short, projection = PROJECTIONS[name]
    live = Database.open(f"sqlite+aiosqlite:///{tmp_path}/live.db", worker=False)
    await migrate(live, short)
    beside = await Beside.at(live, projection.name, projection.parts)
    store, ownership = QuietStore(beside), Ownership(1, shared=False)
    ownership.take(await store.take_over([0]))
    runner = UnitRunner(short, Routing(projection.agents), store, ownership, clock=lambda: datetime.now(UTC))

    handled = await runner.run(examples_for(projection))
    letters = await Reader(beside).find(select(DeadLetterRow))
    rows = [await Reader(beside).count(select(part.row)) for part in projection.parts]
    await store.close()
    await beside.throw_away()
    await live.close()

    assert handled and letters == []
    assert all(rows)


def examples_for(projection: Projection) -> dict[tuple[str, int], list[LogRecord]]:
    fetch: dict[tuple[str, int], list[LogRecord]] = {}
    for number, message in enumerate(Routing(projection.agents).heard):
        topic = message.contract.topic
        for offset, raw in enumerate(raw_examples(message.contract.name)):
            mark = ((MARK, f"examples{number}:0:{offset + 1}".encode()),)
            fetch.setdefault((topic, 0), []).append(LogRecord(topic, 0, offset, None, raw, mark))
    return fetch
