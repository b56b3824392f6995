"""The topics of the platform as plain data: what they are called, how they are cut, and how long they remember."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from reptidex.settings import SERVICES
from reptidex.streams import catalogue
from reptidex.streams.contract import Event, command_topic

DAY_MS = 24 * 60 * 60 * 1000
FOR_EVER = -1
PERSONAL_MS = 30 * DAY_MS
"""Bytes that tell of a person are gone a month after they were written (GDPR art. 12(3) gives a month to erase)."""
COMMANDS_MS = 7 * DAY_MS
"""Commands may carry personal data, and nothing but their outcome is worth remembering."""
LETTERS_MS = 30 * DAY_MS
SAMPLES_MS = 7 * DAY_MS

_SHORT_LIVED = {
    "telemetry.tracked": SAMPLES_MS,
    "events.published": SAMPLES_MS,
    "search.query.performed": 30 * DAY_MS,
    "search.query.clicked": 30 * DAY_MS,
    "marketplace.search.performed": 30 * DAY_MS,
    "advertising.impression.served": 90 * DAY_MS,
    "advertising.impression.clicked": 90 * DAY_MS,
    "monitoring.health.changed": 90 * DAY_MS,
}
"""Samples: what counts is the sum, which their readers keep."""

_ORDERED = ("animal.transferred", "sales.transaction.", "inventory.", "order.")


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic of the log."""

    name: str
    partitions: int
    retention_ms: int = FOR_EVER
    """-1: for ever."""
    cleanup: Literal["delete", "compact"] = "delete"

    @property
    def config(self) -> dict[str, str]:
        """The settings of the topic, as Kafka's administration protocol takes them."""
        return {"retention.ms": str(self.retention_ms), "cleanup.policy": self.cleanup}


def event_topic(cls: type[Event], partitions: int) -> Topic:
    """Return the topic of an event. One that carries personal data forgets it in time."""
    kept = _SHORT_LIVED.get(cls.contract.name, PERSONAL_MS if is_personal(cls) else FOR_EVER)
    return Topic(name=cls.contract.topic, partitions=partitions, retention_ms=kept)


def dead_letter_topic(service: str) -> str:
    """Return the topic with the messages that a service (short name) could not handle."""
    return f"repti-{service}.deadletters"


def topics_of(service: str, partitions: int) -> Iterator[Topic]:
    """Yield the topics that a service (short name) writes: its events, its commands, its dead letters."""
    for cls in catalogue.events_of(service):
        yield event_topic(cls, partitions)
    yield Topic(name=command_topic(service), partitions=partitions, retention_ms=COMMANDS_MS)
    yield Topic(name=dead_letter_topic(service), partitions=partitions, retention_ms=LETTERS_MS)


def all_topics(partitions: int) -> tuple[Topic, ...]:
    """Return every topic of the platform; all are cut into as many partitions, so that a key lives on one worker."""
    return tuple(topic for service in SERVICES for topic in topics_of(service, partitions))


def is_personal(cls: type[Event]) -> bool:
    """Say whether an event has a field of the types `Personal` or `LongPersonal`."""
    return _marks_personal(msgspec.json.schema(cls))


def is_ordered(name: str) -> bool:
    """Say whether the order of an event is part of its contract, so that its SNS topic is a FIFO one."""
    return name.startswith(_ORDERED)


def _marks_personal(schema: Any) -> bool:
    if isinstance(schema, dict):
        return "x-personal" in schema or any(_marks_personal(part) for part in schema.values())
    return isinstance(schema, list) and any(_marks_personal(part) for part in schema)
