"""Every table of every service is given to the person whom it tells of, or left out for a reason; secrets are given to nobody."""

import re

import pytest
import sqlalchemy as sa

from reptidex.http.server.openapi import openapi_document
from reptidex.http.server.own_data import PATH
from reptidex.services import all_services
from reptidex.settings import SERVICES
from reptidex.tables.animal import personal as animal
from reptidex.tables.commerce import personal as commerce
from reptidex.tables.community import personal as community
from reptidex.tables.core import personal as core
from reptidex.tables.media import personal as media
from reptidex.tables.migrate import load_models
from reptidex.tables.ops import personal as ops
from reptidex.tables.personal import NOBODYS

DECLARED = {each.__name__.split(".")[-2]: each.PERSONAL for each in (core, animal, commerce, media, community, ops)}
NAMES_SOMEBODY = re.compile(
    r"(^|_)(user|owner|author|recipient|payer|actor|reporter|subject|profile)s?(_id)?$|(^|_)by$|^e?mail$|address"
)
SECRET = re.compile(r"secret|token|hash|sealed|password|key$|recovery|^method$")
KEYS_OF_NOTHING = {"follows.target_key", "profiles.cache_key"}
"""How a target is compared, and the digest of a card: they open nothing."""
every_service = pytest.mark.parametrize("service", SERVICES)


def columns_of(service: str, table: str) -> list[sa.Column[object]]:
    """Return the columns of a table."""
    return list(load_models(service).tables[table].columns)


@every_service
def test_every_table_is_either_given_or_left_out_for_a_reason(service: str) -> None:
    held = [each.table for each in DECLARED[service].held]
    left_out = [row.sql.name for row in DECLARED[service].left_out]

    assert sorted(held + left_out) == sorted(load_models(service).tables)
    assert all(DECLARED[service].left_out.values())


@every_service
def test_every_column_that_names_somebody_is_accounted_for(service: str) -> None:
    missing = [
        f"{each.table}.{column.name}"
        for each in DECLARED[service].held
        for column in columns_of(service, each.table)
        if NAMES_SOMEBODY.search(column.name) and isinstance(column.type, sa.Text | sa.JSON)
        if column.name not in {*each.by, *each.beside, *each.withheld}
    ]

    assert missing == []


@every_service
def test_what_tells_of_no_person_names_none(service: str) -> None:
    names = [
        f"{row.sql.name}.{column.name}"
        for row, reason in DECLARED[service].left_out.items()
        for column in columns_of(service, row.sql.name)
        if reason == NOBODYS and NAMES_SOMEBODY.search(column.name)
    ]

    assert names == []


@every_service
def test_no_secret_is_given_out(service: str) -> None:
    given = {
        f"{each.table}.{column.name}"
        for each in DECLARED[service].held
        for column in columns_of(service, each.table)
        if SECRET.search(column.name) or isinstance(column.type, sa.LargeBinary)
        if column.name not in each.withheld
    }

    assert given <= KEYS_OF_NOTHING


@every_service
def test_a_declaration_names_columns_that_there_are(service: str) -> None:
    for each in DECLARED[service].held:
        assert {*each.by, *each.beside, *each.withheld} <= {column.name for column in columns_of(service, each.table)}
        assert each.by


@every_service
def test_every_service_answers_the_same_path_and_names_others_that_there_are(service: str) -> None:
    paths = openapi_document(all_services()[service])["paths"]

    assert {PATH, *DECLARED[service].elsewhere} <= set(paths)
    assert paths[PATH]["get"]["x-policy"]["recent_sign_in"]
