"""Debezium's change events become events of ours by a mapping: once each, at the time of the change, or refused with a reason."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reptidex.errors import ReptidexError
from reptidex.publishing.cdc import Mapping, mapped, read_mapping
from reptidex.publishing.checking import Ready, Refusal
from reptidex.publishing.reading import Piece
from reptidex.streams import codec

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MAPPING = Path(__file__).resolve().parents[3] / "docs" / "examples" / "cdc.yaml"
ROW = {
    "id": "11111111-0000-7000-8000-000000000001",
    "owner": "aaaaaaaa-0000-7000-8000-000000000000",
    "tag": "K-1",
    "species_id": "66526c3a-c179-584b-8f18-7a60362732a4",
    "species": "Correlophus ciliatus",
    "sex": "F",
    "note": "not ours",
}


def change(op: str = "c", *, after: Any = ROW, before: Any = None, **more: Any) -> dict[str, Any]:
    source = {"version": "3.0", "connector": "postgresql", "db": "legacy", "schema": "public", "table": "animals"}
    source |= {"ts_ms": 1_780_000_000_000, "lsn": 24023128} | more
    return {"before": before, "after": after, "source": source, "op": op, "ts_ms": 1_780_000_000_500}


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return read_mapping(MAPPING)


def taken(document: Any, mapping: Mapping) -> Ready | Refusal | None:
    return mapped(Piece(line=1, raw=json.dumps(document).encode()), mapping, now=NOW)


def test_an_inserted_row_is_the_event_of_the_mapping(mapping: Mapping) -> None:
    found = taken(change(), mapping)

    assert isinstance(found, Ready)
    event = codec.decode(found.raw)
    assert (event.type, event.subject) == ("animal.created", ROW["id"])
    assert event.time == datetime.fromtimestamp(1_780_000_000, UTC)
    assert (event.data.code, event.data.sex, event.data.vivarium_id) == ("K-1", "female", ROW["owner"])


def test_debeziums_schema_around_a_change_makes_no_difference(mapping: Mapping) -> None:
    assert taken({"schema": {"type": "struct"}, "payload": change()}, mapping) == taken(change(), mapping)


def test_a_change_that_is_told_twice_is_one_event_and_a_later_one_another(mapping: Mapping) -> None:
    once, again, later = taken(change(), mapping), taken(change(), mapping), taken(change(lsn=24023129), mapping)

    assert isinstance(once, Ready) and isinstance(again, Ready) and isinstance(later, Ready)
    assert once.event_id == again.event_id != later.event_id


def test_an_update_counts_only_where_a_named_column_changed(mapping: Mapping) -> None:
    found = taken(change("u", before=ROW, after=ROW | {"tag": "K-2"}), mapping)

    assert isinstance(found, Ready) and found.name == "animal.updated"
    assert taken(change("u", before=ROW, after=ROW | {"note": "else"}), mapping) is None


@pytest.mark.parametrize(
    "other", [change(table="keepers"), change("t"), change("d", after=None, before=ROW), None, {"payload": None}]
)
def test_what_the_mapping_does_not_speak_of_is_passed_over(mapping: Mapping, other: Any) -> None:
    assert taken(other, mapping) is None


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (change(after={"id": "1"}), "no column"),
        (change(after=ROW | {"sex": "X"}), "public.animals as animal.created"),
        ({"op": "c"}, "no change event"),
        (7, "no change event"),
    ],
)
def test_a_row_that_cannot_be_an_event_is_refused_with_its_reason(mapping: Mapping, wrong: Any, word: str) -> None:
    found = taken(wrong, mapping)

    assert isinstance(found, Refusal) and word in found.detail


@pytest.mark.parametrize(
    "text",
    [
        "rules: 1",
        "rules: [{table: a, event: no.such}]",
        "rules: [{table: a, event: animal.created, when: [never]}]",
        "{",
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mapping.yaml").write_text(text)
    with pytest.raises(ReptidexError):
        read_mapping(tmp_path / "mapping.yaml")


def test_a_column_may_be_called_payload(mapping: Mapping) -> None:
    found = taken(change(after=ROW | {"payload": {"op": "x"}}), mapping)

    assert isinstance(found, Ready)
    assert taken({"payload": change(after=ROW | {"payload": 1})}, mapping) is not None


@pytest.mark.parametrize("ts_ms", [10**15, 10**18, -(10**17), 2**63])
def test_a_time_outside_the_calendar_is_refused(mapping: Mapping, ts_ms: int) -> None:
    found = taken(change(ts_ms=ts_ms), mapping)

    assert isinstance(found, Refusal)
    assert "time" in found.detail


def test_bytes_that_are_no_text_are_refused(mapping: Mapping) -> None:
    raw = json.dumps(change()).encode().replace(b"K-1", b"K-\xff")
    assert isinstance(mapped(Piece(line=1, raw=raw), mapping, now=NOW), Refusal)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ts_ms": 1_780_000_000_000}, {"ts_ms": 1_780_000_000_001}),
        ({"scn": "11"}, {"scn": "12"}),
        ({"change_lsn": "00:01"}, {"change_lsn": "00:02"}),
    ],
)
def test_changes_back_and_forth_are_events_of_their_own_whatever_the_source_calls_its_places(
    mapping: Mapping, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """SQL Server has a `change_lsn` and Oracle an `scn`; one without either has the time of the change at least."""
    first, again, second = (taken(change(lsn=None, **each), mapping) for each in (one, one, other))

    assert isinstance(first, Ready) and isinstance(again, Ready) and isinstance(second, Ready)
    assert first.event_id == again.event_id != second.event_id
