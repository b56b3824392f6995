"""The catalogue in code holds the events of the design, all of them and no others."""

from pathlib import Path

import msgspec
import pytest

from reptidex.errors import ContractError
from reptidex.streams import catalogue, core, ops
from reptidex.streams.contract import NAME, Event, event
from reptidex.streams.described import summary

DESIGN = [line.split() for line in Path(__file__).with_name("catalogue.txt").read_text().splitlines()[1:]]
EVENTS = {cls.contract.name: cls for cls in catalogue.events()}


def test_every_event_of_the_design_exists_and_no_other() -> None:
    designed = {name for _, name, _ in DESIGN}

    assert set(EVENTS) == designed
    assert len(designed) == len(DESIGN)


@pytest.mark.parametrize(("service", "name", "key"), DESIGN)
def test_an_event_has_the_owner_and_the_key_of_the_design(service: str, name: str, key: str) -> None:
    contract = EVENTS[name].contract

    assert (contract.service, contract.key) == (service, key)


def test_every_name_keeps_the_naming_law() -> None:
    wrong = [name for name in EVENTS if not NAME.fullmatch(name)]

    assert wrong == []


def test_every_event_and_every_record_says_in_one_sentence_what_happened() -> None:
    mute = [name for name, cls in EVENTS.items() if not summary(cls).endswith(".")]

    assert mute == []


def test_every_key_is_a_required_text() -> None:
    loose = [name for name, cls in EVENTS.items() if cls.contract.key not in _required(cls)]

    assert loose == []


def test_the_catch_all_readers_leave_out_what_would_feed_them_without_end() -> None:
    heard = set(catalogue.everything())

    assert heard.isdisjoint({core.TelemetryTracked, core.EventsPublished, ops.AuditLogged})
    assert len(heard) == len(EVENTS) - 3


def test_a_name_with_an_underscore_is_refused() -> None:
    with pytest.raises(ContractError, match="lower-case words joined by dots"):

        @event("planted.bad_name", key="planted_id", service="core")
        class PlantedBad_name(Event, frozen=True, kw_only=True):
            planted_id: str


def test_a_name_is_defined_once() -> None:
    with pytest.raises(ContractError, match="twice"):

        @event("animal.created", key="animal_id", service="animal")
        class AnimalCreated(Event, frozen=True, kw_only=True):
            animal_id: str


def test_a_class_is_called_as_its_event() -> None:
    with pytest.raises(ContractError, match="is called Planted"):

        @event("planted.event", key="planted_id", service="core")
        class Planted(Event, frozen=True, kw_only=True):
            planted_id: str


def _required(cls: type[Event]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(cls) if field.required}
