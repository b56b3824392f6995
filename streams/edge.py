"""The check of events that come from outside our own workers: over HTTP, from SQS, from a file.

Inside the platform the decoder's check is enough, since every writer went through the same types. At the edge it is
looked at closely: form of every id, source, subject, size, and whether it is an event at all.
"""

import re
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from reptidex.errors import ContractError
from reptidex.streams import catalogue, codec
from reptidex.streams.contract import Event
from reptidex.streams.envelope import SEQUENCE_DIGITS, AnyEvent
from reptidex.streams.ids import Paths, id_paths, values_at
from reptidex.streams.publisher import check_publishable

SIZE_LIMIT = 256 * 1024
"""In bytes: what SNS takes by default, so that every event can cross the bridge."""

_FORM = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_UUID = re.compile(_FORM)
HOPS_MOST = 999
ORIGIN_CHARACTERS = 200
CONTEXT = ("correlationid", "causationid", "actor", "vivariumid", "traceparent")
CONTEXT_CHARACTERS = 512
"""Of each of these, which are headers of the log and attributes on AWS too: those take not every character, nor any length."""

_context_of = attrgetter(*CONTEXT)

_SEQUENCE = re.compile(rf"[0-9]{{1,{SEQUENCE_DIGITS}}}")
_UUIDS = re.compile(rf"{_FORM}(?:\n{_FORM})*")


def accept(raw: bytes, *, service: str | None, name: str | None = None, most_bytes: int = SIZE_LIMIT) -> AnyEvent:
    """Read an event that somebody outside hands in for a service (short or full name) to publish; None: for its own.

    `name` is what the caller has read to be its type; without it the bytes are looked at once more.
    Raises `ContractError` with the place of what is wrong, `UnknownContractError`, `ForeignContractError`.
    """
    if len(raw) > most_bytes:
        raise ContractError(f"the event has {len(raw)} bytes; {most_bytes} are allowed")
    if not raw.isascii():
        _check_text(raw)
    event = codec.decode(raw, name)
    contract = check_publishable(event.type, service or event.data.contract.service)
    if event.source != f"/repti-{contract.service}":
        raise ContractError(f"{event.type}: source is {event.source!r}; it has to read '/repti-{contract.service}'")
    if event.subject != event.data.key:
        raise ContractError(f"{event.type}: subject is {event.subject!r}, but {contract.key} is {event.data.key!r}")
    if not _UUID.fullmatch(event.id):
        raise ContractError(f"{event.type}: id is not a UUID in lower case - at `$.id`")
    if event.sequence is not None and not _SEQUENCE.fullmatch(event.sequence):
        raise ContractError(
            f"{event.type}: sequence is {event.sequence!r}; up to {SEQUENCE_DIGITS} digits are allowed - at `$.sequence`"
        )
    # All at once, as with the ids.
    context = "".join(filter(None, _context_of(event)))
    if len(context) > CONTEXT_CHARACTERS or not context.isprintable():
        _check_context(event)
    if event.rxhops is not None and not 0 <= event.rxhops <= HOPS_MOST:
        raise ContractError(f"{event.type}: rxhops is not between 0 and {HOPS_MOST} - at `$.rxhops`")
    if event.rxorigin is not None:
        check_origin(event.rxorigin)
    check_ids(event.data)
    return event


def _check_context(event: AnyEvent) -> None:
    for name in CONTEXT:
        value = getattr(event, name)
        if value is not None and (len(value) > CONTEXT_CHARACTERS or not value.isprintable()):
            # CloudEvents 1.0.2, 2.2: a String has no control characters.
            raise ContractError(
                f"{event.type}: {name} has up to {CONTEXT_CHARACTERS} printable characters - at `$.{name}`"
            )


def check_origin(origin: str) -> None:
    """See that a name of an origin can be one everywhere: AWS refuses an attribute that is empty. Raises `ContractError`."""
    if not 0 < len(origin) <= ORIGIN_CHARACTERS or not origin.isprintable():
        raise ContractError(f"rxorigin has 1 to {ORIGIN_CHARACTERS} printable characters - at `$.rxorigin`")


def _check_text(raw: bytes) -> None:
    """See that bytes are UTF-8 as a whole (RFC 8259, 8.1); the decoder does not look into fields that it passes over."""
    try:
        raw.decode()
    except UnicodeDecodeError as problem:
        raise ContractError(f"the event is not UTF-8: {problem.reason} at byte {problem.start}") from problem


def check_ids(data: Event) -> None:
    """See that every id of a payload is a UUID in lower case (RFC 9562).

    Raises `ContractError` with the place of the first that is not.
    """
    read, paths = _ids_of(type(data))
    values = [value for value in read(data) if value is not None]
    written = "\n".join(values)
    # All at once; only where one is wrong is it looked for. The length tells a line break inside a value from one between two.
    if values and (len(written) != 37 * len(values) - 1 or not _UUIDS.fullmatch(written)):
        paths = id_paths(type(data))
    for path in paths:
        for place, value in values_at(data, path):
            if not _UUID.fullmatch(value):
                raise ContractError(
                    f"{data.contract.name}: {value!r} is not a UUID in lower case - at `{_written(place)}`"
                )


def _written(place: tuple[str | int, ...]) -> str:
    return "$.data" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


@cache
def _ids_of(cls: type[Event]) -> tuple[Callable[[Event], tuple[str | None, ...]], Paths]:
    """Return what reads the fields of an event that are ids, and the paths to ids that lie deeper."""
    paths = id_paths(cls)
    fields = [path[0] for path in paths if len(path) == 1]
    # The first of them twice: a getter of several always returns a tuple.
    read: Any = attrgetter(*fields, fields[0]) if fields else lambda data: ()
    return read, tuple(path for path in paths if len(path) > 1)


@cache
def known_events() -> frozenset[str]:
    """Return the names that an edge lets through; any other is refused rather than made into a topic."""
    return frozenset(cls.contract.name for cls in catalogue.events())


__all__ = ["SIZE_LIMIT", "accept", "check_ids", "check_origin", "known_events"]
