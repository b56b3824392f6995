"""Old payloads are brought up to date before they are typed."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from reptidex.errors import ContractError
from reptidex.streams import codec, contract, upcast
from reptidex.streams.contract import Event, event
from reptidex.streams.upcast import upcaster


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Event]]:
    """A contract in its third version: pounds became grams, then a unit was split off."""
    monkeypatch.setattr(contract, "_by_name", dict(contract._by_name))
    monkeypatch.setattr(upcast, "_upcasters", {})
    monkeypatch.setattr(codec, "_readers", {})

    @event("planted.weighed", key="animal_id", version=3, service="animal")
    class PlantedWeighed(Event, frozen=True, kw_only=True):
        animal_id: str
        weight: float
        unit: str

    @upcaster("planted.weighed", version=1)
    def _to_grams(data: dict[str, Any]) -> dict[str, Any]:
        return {"animal_id": data["animal_id"], "grams": data["pounds"] * 453.59237}

    @upcaster("planted.weighed", version=2)
    def _with_unit(data: dict[str, Any]) -> dict[str, Any]:
        return {"animal_id": data["animal_id"], "weight": data["grams"], "unit": "g"}

    yield PlantedWeighed


def stored(version: int, **data: Any) -> bytes:
    """Return an event as a writer of that version put it on the log."""
    head = {"specversion": "1.0", "id": "1", "source": "/repti-animal", "type": "planted.weighed", "subject": "a"}
    more = {"time": "2026-01-01T00:00:00Z", "dataschema": f"urn:reptidex:planted.weighed/{version}"}
    return msgspec.json.encode(head | more | {"data": {"animal_id": "a"} | data})


@pytest.mark.parametrize(
    ("version", "data"), [(1, {"pounds": 2.0}), (2, {"grams": 907.18474}), (3, {"weight": 907.18474, "unit": "g"})]
)
def test_a_payload_of_every_version_reads_as_one_of_the_newest(
    weighed: type[Event], version: int, data: dict[str, Any]
) -> None:
    read = codec.decode(stored(version, **data), "planted.weighed")

    assert read.data == weighed(animal_id="a", weight=907.18474, unit="g")
    assert read.dataschema == "urn:reptidex:planted.weighed/3"


def test_an_old_payload_that_happens_to_fit_the_new_type_is_upcast_all_the_same(
    weighed: type[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        upcast, "_upcasters", upcast._upcasters | {("planted.weighed", 2): lambda d: d | {"unit": "kg"}}
    )
    codec.decoder_for("planted.weighed")

    read = codec.decode(stored(2, weight=1.0, unit="g"), "planted.weighed")

    assert read.data == weighed(animal_id="a", weight=1.0, unit="kg")


def test_a_missing_step_is_named(weighed: type[Event], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upcast, "_upcasters", {})

    with pytest.raises(ContractError, match="nothing brings version 1 to version 2"):
        codec.decode(stored(1, pounds=2.0), "planted.weighed")


def test_an_upcaster_leaves_the_payload_that_it_was_given_as_it_was(weighed: type[Event]) -> None:
    given = {"animal_id": "a", "pounds": 1.0}

    upcast.upcast(weighed.contract, given, 1)

    assert given == {"animal_id": "a", "pounds": 1.0}


def test_a_step_has_one_upcaster(weighed: type[Event]) -> None:
    with pytest.raises(ContractError, match="two upcasters"):
        upcaster("planted.weighed", version=1)(lambda data: data)


@pytest.mark.parametrize("data", [{}, {"pounds": None}, {"pounds": "two"}, {"pounds": [2]}])
def test_an_old_payload_that_a_step_cannot_take_is_refused_as_any_other_that_breaks_its_contract(
    weighed: type[Event], data: dict[str, Any]
) -> None:
    with pytest.raises(ContractError, match=r"version 1 cannot be brought to version 2|Expected"):
        codec.decode(stored(1, **data), "planted.weighed")
