"""What of the search documents stays as it is when they are built from the log again."""

from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from reptidex.tables.community.projections import SEARCH


@pytest.mark.parametrize(
    ("live", "rebuilt", "wanted"),
    [
        ("", "", ""),
        ("admin", "", "admin"),
        ("moderation", "", ""),
        ("", "moderation", "moderation"),
        ("admin moderation suspended", "", "admin suspended"),
        ("suspended", "moderation", "moderation suspended"),
        ("admin", "moderation suspended", "admin moderation"),
        ("admin", "erased", "admin erased"),
    ],
)
def test_reasons_to_hide_that_the_log_does_not_tell_are_kept(live: str, rebuilt: str, wanted: str) -> None:
    rows = [SimpleNamespace(hidden=sa.literal(hidden)) for hidden in (live, rebuilt)]
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        found = connection.execute(sa.select(SEARCH.carried["hidden"](*rows))).scalar()
    engine.dispose()

    assert found == wanted
