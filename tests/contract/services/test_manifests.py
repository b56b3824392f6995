"""The six manifests against each other, against the catalogue, and against what the platform promises."""

from collections import Counter

import pytest

from reptidex.services import all_services
from reptidex.streams.catalogue import events

PROMISED = {
    "core": (8001, "repti_core_db"),
    "animal": (8002, "repti_animal_db"),
    "commerce": (8003, "repti_commerce_db"),
    "media": (8004, "repti_media_db"),
    "community": (8005, "repti_community_db"),
    "ops": (8006, "repti_ops_db"),
}
HEARD_AT_LEAST = {
    "animal": ["auth.user.created", "org.member.added", "media.uploaded"],
    "commerce": ["animal.created", "animal.transferred", "billing.subscription.updated", "payment.completed"],
    "media": ["animal.created", "lineage.updated", "profile.updated"],
    "community": ["animal.created", "marketplace.listing.created", "profile.updated", "breeding.clutch.created"],
}
SERVICES = all_services()


@pytest.mark.parametrize("short", PROMISED)
def test_a_service_has_the_port_and_database_that_was_promised(short: str) -> None:
    assert (SERVICES[short].port, SERVICES[short].database) == PROMISED[short]


def test_every_event_has_exactly_one_publisher() -> None:
    published = Counter(event.contract.name for service in SERVICES.values() for event in service.publishes)

    assert published == Counter(event.contract.name for event in events())


@pytest.mark.parametrize("short", PROMISED)
def test_nobody_publishes_anothers_event(short: str) -> None:
    foreign = [event.contract.name for event in SERVICES[short].publishes if event.contract.service != short]

    assert foreign == []


@pytest.mark.parametrize("short", PROMISED)
def test_every_heard_event_is_published_and_has_a_reason(short: str) -> None:
    known = {event.contract.name for event in events()}
    service = SERVICES[short]

    assert [event.contract.name for event in service.hears if event.contract.name not in known] == []
    assert all(reason.strip() for reason in service.hears.values())


@pytest.mark.parametrize("short", HEARD_AT_LEAST)
def test_a_service_hears_what_was_promised(short: str) -> None:
    heard = {event.contract.name for event in SERVICES[short].hears}

    assert set(HEARD_AT_LEAST[short]) <= heard


def test_core_and_ops_hear_everything() -> None:
    assert [short for short, service in SERVICES.items() if service.hears_everything] == ["core", "ops"]


@pytest.mark.parametrize("short", PROMISED)
def test_agents_hear_what_the_manifest_says_and_nothing_else(short: str) -> None:
    service = SERVICES[short]
    in_manifest = {event.contract.name for event in service.hears}
    by_agents = {m.contract.name for agent in service.agents for m in agent.hears if m.contract.kind == "event"}
    by_name = by_agents if not service.hears_everything else in_manifest & by_agents

    assert by_name == in_manifest


@pytest.mark.parametrize("short", PROMISED)
def test_a_service_hears_only_its_own_commands(short: str) -> None:
    commands = {m.contract for agent in SERVICES[short].agents for m in agent.hears if m.contract.kind == "command"}

    assert {contract.service for contract in commands} <= {short}


@pytest.mark.parametrize("short", PROMISED)
def test_core_asks_nobody_and_the_rest_ask_core(short: str) -> None:
    asks = SERVICES[short].asks

    assert (asks == {}) if short == "core" else ("repti-core" in asks)
