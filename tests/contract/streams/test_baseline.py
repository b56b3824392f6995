"""What was published stays readable: the gate passes today's classes, and catches every planted bad change."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from reptidex.errors import ContractError
from reptidex.streams import baseline, catalogue, upcast
from reptidex.streams.contract import Contract, Event
from reptidex.streams.schema import FOLDER, frozen, path_of, schema_of


def plant(version: int = 1, key: str = "thing_id", **fields: Any) -> type[Event]:
    """Make an event class as an engineer might leave it, without entering it into the catalogue."""
    listed = [(name, *kind) if isinstance(kind, tuple) else (name, kind) for name, kind in fields.items()]
    cls: Any = msgspec.defstruct("PlantedThing", listed, bases=(Event,), frozen=True, kw_only=True, module=__name__)
    cls.contract = Contract(
        name="planted.thing", service="core", key=key, version=version, topic="planted.thing", kind="event"
    )
    made: type[Event] = cls
    return made


AS_FROZEN: dict[str, Any] = {"thing_id": str, "size": int, "kind": Literal["a", "b"], "note": (str, "")}
SMALL = msgspec.Meta(max_length=5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    baseline.export([plant(**AS_FROZEN)], tmp_path)
    return tmp_path


def test_the_frozen_schemas_show_the_classes() -> None:
    assert baseline.drifted() == []


def test_no_event_breaks_what_was_frozen() -> None:
    assert baseline.violations() == []


def test_there_is_a_frozen_schema_of_every_event_and_of_nothing_else() -> None:
    assert {name for name, _ in frozen()} == {cls.contract.name for cls in catalogue.events()}
    assert all(path.name.endswith(".json") for path in FOLDER.iterdir())


def test_every_object_of_every_schema_is_closed() -> None:
    open_ones = [
        f"{name}: {title}"
        for (name, _), schema in frozen().items()
        for title, definition in schema["$defs"].items()
        if definition.get("additionalProperties") is not False
    ]

    assert open_ones == []


def test_an_added_optional_field_is_no_break_but_the_file_must_follow(folder: Path) -> None:
    grown = plant(**AS_FROZEN, colour=(str | None, None))

    assert baseline.violations([grown], folder) == []
    assert baseline.drifted([grown], folder) == [
        "planted.thing.v1.json does not show the class PlantedThing: run `reptidex contracts --export` and commit the file"
    ]


def test_an_added_member_of_an_enumeration_is_no_break(folder: Path) -> None:
    assert baseline.violations([plant(**AS_FROZEN | {"kind": Literal["a", "b", "c"]})], folder) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"thing_id": str, "kind": Literal["a", "b"], "note": (str, "")}, "`size` was removed or renamed"),
        (
            {"thing_id": str, "length": int, "kind": Literal["a", "b"], "note": (str, "")},
            "`size` was removed or renamed",
        ),
        (AS_FROZEN | {"size": str}, "the type of `size` changed from 'integer' to 'string'"),
        (AS_FROZEN | {"size": (int | None, None)}, "`size` was required and may now be missing"),
        (AS_FROZEN | {"note": str}, "`note` became required"),
        (AS_FROZEN | {"colour": str}, "`colour` was added as a required field"),
        (AS_FROZEN | {"kind": Literal["a"]}, "`kind` no longer takes 'b'"),
        (AS_FROZEN | {"note": (str, "none")}, "the default of `note` changed"),
    ],
)
def test_a_breaking_change_is_caught_and_the_engineer_told_what_to_do(
    folder: Path, fields: dict[str, Any], said: str
) -> None:
    found = baseline.violations([plant(**fields)], folder)

    assert any(said in sentence for sentence in found)
    assert all("raise the version to 2 and write @upcaster" in sentence for sentence in found)
    assert all("planted.thing.v2" in sentence for sentence in found)


def test_a_tightened_bound_is_caught(folder: Path) -> None:
    (sentence,) = baseline.violations([plant(**AS_FROZEN | {"note": (Annotated[str, SMALL], "")})], folder)

    assert "the maxLength of `note` was tightened" in sentence


def test_another_key_is_caught(folder: Path) -> None:
    (sentence,) = baseline.violations([plant(key="kind", **AS_FROZEN)], folder)

    assert "its x-key changed" in sentence


def test_a_class_that_vanished_is_caught(folder: Path) -> None:
    assert baseline.violations([], folder) == [
        "planted.thing is frozen but no class publishes it: an event that was published stays; bring the class back"
    ]


def test_the_export_refuses_to_overwrite_a_baseline_with_a_breaking_change(folder: Path) -> None:
    broken = plant(**AS_FROZEN | {"size": str})
    before = path_of(broken, folder).read_text()

    with pytest.raises(ContractError, match="the type of `size` changed"):
        baseline.export([broken], folder)
    assert path_of(broken, folder).read_text() == before


def test_a_new_version_needs_an_upcaster(folder: Path) -> None:
    (sentence,) = baseline.violations([plant(version=2, **AS_FROZEN | {"size": str})], folder)

    assert 'write the function with @upcaster("planted.thing", version=1)' in sentence


def test_a_new_version_with_its_upcaster_passes_and_leaves_the_old_schema_in_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upcast, "_upcasters", {("planted.thing", 1): lambda data: data})
    second = plant(version=2, **AS_FROZEN | {"size": str})

    assert [path.name for path in baseline.export([second], folder)] == ["planted.thing.v2.json"]
    assert set(frozen(folder)) == {("planted.thing", 1), ("planted.thing", 2)}


def test_a_version_never_goes_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upcast, "_upcasters", {("planted.thing", 1): lambda data: data})
    baseline.export([plant(version=2, **AS_FROZEN)], folder)
    path_of(plant(**AS_FROZEN), folder).unlink()

    assert "versions only go up" in baseline.violations([plant(**AS_FROZEN)], folder)[0]


def test_the_schema_names_owner_key_and_version() -> None:
    schema = schema_of(plant(**AS_FROZEN))

    assert (schema["$id"], schema["x-key"], schema["x-service"]) == (
        "urn:reptidex:planted.thing/1",
        "thing_id",
        "repti-core",
    )
