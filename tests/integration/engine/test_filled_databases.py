"""A database that holds rows is brought to the newest schema with all that it holds, on both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.operations import Operations

from reptidex.tables.commerce.models import Listing
from reptidex.tables.commerce.queries import Wanted, offers
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow, record_letter_id
from reptidex.tables.migrate import context, migrate, scripts
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from tests.chaos.engine.postgres import Cluster

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OFFER = Listing(
    listing_id="1",
    animal_id="2",
    vivarium_id="3",
    contact_user_id="4",
    title="Äskulapnatter",
    price=100,
    currency="EUR",
    status="published",
    species_id="5",
    species="Zamenis longissimus",
    morph_text="|albino|",
    published_at=NOW,
    created_at=NOW,
    updated_at=NOW,
)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path}/commerce.db"
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.database(f"filled_{abs(hash(str(tmp_path))) % 10**9}")
    opened = Database.open(url, worker=False)
    yield opened
    await opened.close()


def _back_to(connection: sa.Connection, chain: str, number: str) -> None:
    known = scripts(chain)
    assert known is not None
    with Operations.context(context(connection, chain)):
        for step in known.iterate_revisions("head", number):
            step.module.downgrade()
    connection.exec_driver_sql(f"UPDATE schema_of_{chain} SET version_num = '{number}'")


def _hold_an_offer_of_0003(connection: sa.Connection) -> None:
    _back_to(connection, "commerce", "0003")
    before = sa.Table("listings", sa.MetaData(), autoload_with=connection)
    row = {column.name: getattr(OFFER, column.name) for column in before.columns}
    lite = connection.dialect.name == "sqlite"
    row |= dict.fromkeys(("morphs", "welfare"), sa.text("'[]'" if lite else "'[]'::jsonb"))
    row |= {name: at.isoformat() for name, at in row.items() if lite and isinstance(at, datetime)}
    connection.execute(before.insert().values(**row))
    connection.commit()


LETTERS = [
    DeadLetterRow(
        letter_id=record_letter_id("order.created", 0, 7, value)
        if source == "log"
        else f"order.created/0/7/{'ab' * 8}",
        state="dead",
        topic="order.created",
        partition=0,
        position=7,
        message_key="a",
        message_type="order.created",
        value=value,
        source=source,
        created=NOW,
    )
    for source, value in (("log", b"{}"), ("timer", b"[]"))
]


def _name_letters_as_of_0005(connection: sa.Connection) -> None:
    _back_to(connection, "engine", "0005")
    names = connection.exec_driver_sql("SELECT letter_id FROM dead_letters WHERE source = 'log'").scalars().all()
    assert names == ["order.created/0/00000000000000000007"]
    connection.commit()


async def test_letters_of_before_are_named_by_what_they_hold(database: Database) -> None:
    await migrate(database, "commerce")
    session = await database.session()
    await session.commit([database.statements(DeadLetterRow).write(LETTERS)])
    await session.close()
    connection = await database.connect()
    await connection.run_sync(_name_letters_as_of_0005)
    await connection.close()

    applied = await migrate(database, "commerce")

    assert applied[0] == "engine 0006"
    assert await Reader(database).find(select(DeadLetterRow)) == sorted(LETTERS, key=lambda each: each.letter_id)


async def test_offers_of_before_are_found_by_their_words(database: Database) -> None:
    await migrate(database, "commerce")
    connection = await database.connect()
    await connection.run_sync(_hold_an_offer_of_0003)
    await connection.close()

    applied = await migrate(database, "commerce")

    found = await Reader(database).find(offers(Wanted(text="äskulapnatter albino")))
    assert applied[0] == "commerce 0004"
    assert [(each.listing_id, each.featured, each.ends_as) for each in found] == [("1", False, "")]
