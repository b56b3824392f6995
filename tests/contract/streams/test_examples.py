"""Every event has examples that all parties can read: our decoder, JSON Schema, the CloudEvents SDK, an old reader."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as OracleEvent

from reptidex.errors import ContractError, UnknownContractError
from reptidex.streams import catalogue, codec, edge
from reptidex.streams.examples import FOLDER, example_documents, examples, raw_examples
from reptidex.streams.schema import schema_of

NAMES = [cls.contract.name for cls in catalogue.events()]
CLASSES = {cls.contract.name: cls for cls in catalogue.events()}
URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
"""An absolute URI by the look of it: CloudEvents asks for one in `dataschema`."""


def test_there_are_examples_of_every_event_and_of_nothing_else() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_has_at_least_two_examples(name: str) -> None:
    assert len(raw_examples(name)) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_back_from_the_codec_as_it_was(name: str) -> None:
    for raw, document in zip(raw_examples(name), example_documents(name), strict=True):
        again = msgspec.json.decode(codec.encode(codec.decode(raw, name)))

        assert again == document


@pytest.mark.parametrize("name", NAMES)
def test_the_edge_lets_an_example_pass(name: str) -> None:
    for raw in raw_examples(name):
        event = edge.accept(raw, service=CLASSES[name].contract.service)

        assert event.type == name


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_under_the_closed_json_schema(name: str) -> None:
    checker = jsonschema.Draft202012Validator(schema_of(CLASSES[name]), format_checker=jsonschema.FormatChecker())
    for document in example_documents(name):
        problems = [problem.message for problem in checker.iter_errors(document["data"])]

        assert problems == []


@pytest.mark.parametrize("name", NAMES)
def test_the_cloudevents_sdk_reads_what_we_write(name: str) -> None:
    for event in examples(name):
        raw = codec.encode(event)
        oracle = JSONFormat().read(OracleEvent, raw)

        assert (oracle.get_id(), oracle.get_type(), oracle.get_source()) == (event.id, event.type, event.source)
        assert (oracle.get_subject(), oracle.get_time()) == (event.subject, event.time)
        assert oracle.get_extension("sequence") == event.sequence
        assert oracle.get_data() == msgspec.json.decode(msgspec.json.encode(event.data))


@pytest.mark.parametrize("name", NAMES)
def test_we_read_what_the_cloudevents_sdk_writes(name: str) -> None:
    for event in examples(name):
        theirs = JSONFormat().write(JSONFormat().read(OracleEvent, codec.encode(event)))

        assert codec.decode(theirs, name) == event


@pytest.mark.parametrize("name", NAMES)
def test_an_old_reader_passes_over_fields_that_came_later(name: str) -> None:
    for event, document in zip(examples(name), example_documents(name), strict=True):
        newer = msgspec.json.encode(_with_later_fields(document))

        assert codec.decode(newer, name) == event


@pytest.mark.parametrize("name", NAMES)
def test_the_bytes_hold_every_attribute_that_cloudevents_requires(name: str) -> None:
    for event in examples(name):
        written = msgspec.json.decode(codec.encode(event))

        assert {"specversion", "id", "source", "type"} <= written.keys()
        assert written["specversion"] == "1.0"
        assert URI.fullmatch(written["dataschema"])
        assert all(re.fullmatch(r"[a-z0-9]{1,20}", attribute) for attribute in written)


def test_ids_are_version_seven_and_unique() -> None:
    ids = [event.id for name in NAMES for event in examples(name)]

    assert len(set(ids)) == len(ids)
    assert all(text[14] == "7" for text in ids)


def test_the_versions_of_a_subject_go_up_with_time() -> None:
    told: dict[tuple[str, str], list[Any]] = {}
    for name in NAMES:
        for event in examples(name):
            told.setdefault((event.source, event.subject), []).append(event)
    for events in told.values():
        in_order = sorted(events, key=lambda event: event.version)

        assert [event.version for event in in_order] == list(range(1, len(events) + 1))
        assert all(one.time <= other.time for one, other in pairwise(in_order))


def test_the_sale_is_one_chain_under_one_correlation_id() -> None:
    sale = examples("sales.transaction.completed")[0]
    chain = [event for name in NAMES for event in examples(name) if event.correlationid == sale.correlationid]
    told = {event.type for event in chain}

    assert {"order.created", "inventory.reserved", "payment.completed", "animal.transferred", "order.completed"} <= told
    assert {"billing.invoice.paid", "render.pedigree.completed", "marketplace.listing.sold"} <= told


def _with_later_fields(value: Any) -> Any:
    """Add a field to every object, as a newer writer might. Dictionaries with free keys are left as they are."""
    if isinstance(value, list):
        return [_with_later_fields(part) for part in value]
    if isinstance(value, dict):
        return {word: part if word == "labels" else _with_later_fields(part) for word, part in value.items()} | {
            "fieldofalateryear": {"any": [1, "thing"]}
        }
    return value


def test_an_event_without_examples_is_told_where_they_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reptidex.streams.examples.FOLDER", tmp_path)
    read = raw_examples.__wrapped__  # past the cache

    with pytest.raises(ContractError, match=r"write two whole CloudEvents into streams/examples/animal\.created\.json"):
        read("animal.created")
    with pytest.raises(UnknownContractError):
        read("no.such.event")
