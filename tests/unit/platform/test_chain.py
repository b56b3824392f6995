"""The chain of events of one request, as the demo draws it."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from reptidex.platform.naming import Names
from reptidex.platform.watch import Node, Seen, tree
from reptidex.streams.envelope import CloudEvent, sequence_text

ORDER, ANIMAL = "01a221ad-5af6-7000-9ef4-4e061e34ab58", "01a221ad-5985-7e72-8b20-4eb2cbfa1893"


class Said(msgspec.Struct):
    """A payload that may say what its subject is called."""

    name: str = ""


def seen(
    event_id: str, event_type: str, subject: str, *, cause: str, ms: float, version: int = 1, name: str = ""
) -> Seen:
    event: CloudEvent[Any] = CloudEvent(
        id=event_id,
        source="/repti-animal",
        type=event_type,
        subject=subject,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        dataschema="urn:x",
        sequence=sequence_text(version),
        causationid=cause,
        data=Said(name=name),
    )
    return Seen(event=event, at=ms / 1000)


def drawn(nodes: list[Node]) -> list[Any]:
    return [(node.name, drawn(node.children)) if node.children else node.name for node in nodes]


def test_an_event_stands_under_its_cause_whatever_the_order_of_arrival() -> None:
    chain = [
        seen("b", "animal.transferred", ANIMAL, cause="a", ms=20),
        seen("a", "order.completed", ORDER, cause="a command", ms=10),
    ]

    assert drawn(tree(chain, 0.0, Names())) == [("order.completed", ["animal.transferred"])]


def test_where_the_cause_is_no_event_the_last_one_of_the_subject_stands_in() -> None:
    chain = [
        seen("a", "order.created", ORDER, cause="the request", ms=1),
        seen("b", "animal.created", ANIMAL, cause="the request", ms=1),
        seen("c", "order.updated", ORDER, cause="the request", ms=1, version=2),
        seen("d", "payment.completed", ORDER, cause="an outcome", ms=9, version=3),
    ]

    found = drawn(tree(chain, 0.0, Names()))
    assert found == ["order.created", "animal.created", ("order.updated", ["payment.completed"])]


def test_subjects_go_by_their_names_and_else_by_the_end_of_their_keys() -> None:
    names = Names()
    names.learn(seen("a", "animal.created", ANIMAL, cause="x", ms=1, name="Kiwi").event)
    events = [
        seen("a", "animal.updated", ANIMAL, cause="x", ms=1),
        seen("b", "search.indexed", f"listing:{ANIMAL}", cause="x", ms=1),
        seen("c", "order.created", ORDER, cause="x", ms=1),
        seen("d", "monitoring.health.changed", "repti-core", cause="x", ms=1),
    ]

    assert [names.of(each.event) for each in events] == ["animal Kiwi", "listing Kiwi", "order …ab58", "repti-core"]
