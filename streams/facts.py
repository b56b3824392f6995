"""What there is to say of each event, as plain values: for tables, pages and JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec

from reptidex.streams import catalogue, topics
from reptidex.streams.contract import Event
from reptidex.streams.described import summary
from reptidex.streams.examples import example_documents
from reptidex.streams.fields import Field, fields_in
from reptidex.streams.names import sns_name
from reptidex.streams.schema import schema_of

Readers = Mapping[str, Mapping[str, str]]
"""By event name: the services (short names) that hear it, each with the reason."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One event."""

    name: str
    service: str
    key: str
    version: int
    sns: str
    kept_days: int | None
    """None: for ever."""
    personal: bool
    """Whether it carries a field that tells of a person."""
    says: str
    read_by: dict[str, str]
    """The two catch-all readers left out."""


def fact_of(cls: type[Event], readers: Readers) -> Fact:
    """Return what is to be said of one event."""
    contract = cls.contract
    kept = topics.event_topic(cls, 1).retention_ms
    return Fact(
        name=contract.name,
        service=f"repti-{contract.service}",
        key=contract.key,
        version=contract.version,
        sns=sns_name(contract.name, fifo=topics.is_ordered(contract.name)),
        kept_days=None if kept == topics.FOR_EVER else kept // topics.DAY_MS,
        personal=topics.is_personal(cls),
        says=summary(cls),
        read_by=dict(readers.get(contract.name, {})),
    )


def facts(readers: Readers, service: str | None = None) -> list[Fact]:
    """Return what is to be said of every event, or of those of one service (short name), in order of name."""
    classes = catalogue.events() if service is None else catalogue.events_of(service)
    return [fact_of(cls, readers) for cls in classes]


def fields_of(cls: type[Event]) -> list[Field]:
    """Return the fields of an event's payload, those of the objects in it included."""
    definitions = schema_of(cls)["$defs"]
    return list(fields_in(definitions[cls.__name__], definitions))


def example_of(cls: type[Event]) -> dict[str, Any]:
    """Return the first example of an event as plain JSON values."""
    return example_documents(cls.contract.name)[0]
