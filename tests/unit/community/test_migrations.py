"""What the revisions of repti-community make of rows that are there already."""

import sqlalchemy as sa
from alembic.operations import Operations

from reptidex.tables.migrate import context, scripts
from tests.unit.community.town import BEA, SAM

NOON = "2026-01-01T12:00:00.000000Z"


def test_what_was_followed_is_compared_and_nobody_follows_a_morph_twice() -> None:
    chain = scripts("community")
    assert chain is not None
    engine = sa.create_engine("sqlite://")
    before = [(SAM, "morph", "Pastel"), (SAM, "morph", "pastel"), (BEA, "morph", "Enchi "), (SAM, "user", BEA)]
    with engine.connect() as connection, Operations.context(context(connection, "community")):
        chain.get_revision("0001").module.upgrade()
        for person, kind, target in before:
            values = (f"{person}:{kind}:{target}", person, kind, target, NOON)
            connection.exec_driver_sql("INSERT INTO follows VALUES (?, ?, ?, ?, ?)", values)
        chain.get_revision("0002").module.upgrade()
        after = connection.exec_driver_sql("SELECT follow_id, target_key FROM follows").all()
    engine.dispose()

    assert sorted(map(tuple, after)) == sorted(
        (f"{person}:{kind}:{key}", key)
        for person, kind, key in ((SAM, "morph", "pastel"), (BEA, "morph", "enchi"), (SAM, "user", BEA))
    )
