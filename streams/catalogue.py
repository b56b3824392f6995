"""Every event of the platform in one place: importing this module fills the registry."""

from collections.abc import Iterator

from reptidex.settings import SERVICES
from reptidex.streams import animal, commerce, community, core, media, ops
from reptidex.streams.contract import Event, messages

MODULES = (core, animal, commerce, media, community, ops)

NOT_CAUGHT = (core.TelemetryTracked, core.EventsPublished, ops.AuditLogged)
"""What the two catch-all readers (telemetry, audit) leave out: they would feed each other without end."""


def events() -> Iterator[type[Event]]:
    """Yield every event class of the six services in order of name; what a test or a benchmark defines is not among them."""
    yield from (cls for cls in messages("event") if cls.contract.service in SERVICES)


def events_of(service: str) -> tuple[type[Event], ...]:
    """Return the events that a service (short name) publishes, in order of name."""
    return tuple(messages("event", service))


def everything() -> tuple[type[Event], ...]:
    """Return what a catch-all reader hears: all events but those in `NOT_CAUGHT`."""
    return tuple(cls for cls in events() if cls not in NOT_CAUGHT)
