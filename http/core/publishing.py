"""Publishing events over HTTP, for services and programs of ours that have no connection to the log.

An event is the word of the service that owns its contract, so only that service's token may say it. An API key acts for a
member within one vivarium: it uses the routes, which ask the rules first.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.errors import ContractError, UnavailableError
from reptidex.http.core.api_keys import EVERYBODY
from reptidex.http.core.ports import Ports
from reptidex.http.server.policy import services
from reptidex.http.server.routes import Request, Routes
from reptidex.streams import binary, edge
from reptidex.streams.envelope import AnyEvent
from reptidex.streams.pointers import pointer_in

routes = Routes("events")
MOST_EVENTS = 100
BATCH_BYTES = 1024 * 1024


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The log has acknowledged the event."""

    event_id: str
    topic: str


class EntryResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one event of a batch."""

    index: int
    status: Literal["published", "refused"]
    event_id: str = ""
    topic: str = ""
    detail: str = ""
    pointer: str = ""
    """Where in the event the refusal's reason stands, as a JSON pointer (RFC 6901)."""


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each event, in the order in which they were handed in."""

    published: int
    refused: int
    results: list[EntryResult]


@routes.post("/events/publish", policy=services(*EVERYBODY), status=202, errors=(403, 422))
async def publish_event(request: Request[bytes, None]) -> Published:
    """Publish a CloudEvent (structured or binary mode) of the asking service's own; it is said what is wrong with another.

    An event that is handed in again under the same id is dropped by every reader.
    """
    raw = binary.structured(request.headers, request.raw) if binary.is_binary(request.headers) else request.raw
    event = edge.accept(raw, service=request.caller.subject)
    await _publish(request.ports, [event], request.caller.subject)
    return Published(event_id=event.id, topic=event.data.contract.topic)


@routes.post("/events/batch", policy=services(*EVERYBODY), status=207, errors=(403, 413, 422), body_bytes=BATCH_BYTES)
async def publish_batch(
    request: Request[Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MOST_EVENTS)], None],
) -> BatchResult:
    """Publish up to a hundred CloudEvents (batched mode) of the asking service's own, 1 MiB in all.

    Each is judged by itself: those that their contract refuses are answered with reason and place, the others are published
    in the order given. If the log is away nothing is answered as published: hand the whole batch in again.
    """
    service = request.caller.subject
    accepted: list[AnyEvent] = []
    results: list[EntryResult] = []
    for index, raw in enumerate(request.body):
        try:
            event = edge.accept(bytes(raw), service=service)
        except ContractError as refusal:
            detail, pointer = pointer_in(str(refusal))
            results.append(EntryResult(index=index, status="refused", detail=detail, pointer=pointer))
        else:
            accepted.append(event)
            done = EntryResult(index=index, status="published", event_id=event.id, topic=event.data.contract.topic)
            results.append(done)
    if accepted:
        await _publish(request.ports, accepted, service)
    return BatchResult(published=len(accepted), refused=len(results) - len(accepted), results=results)


async def _publish(ports: Ports, events: Sequence[AnyEvent], service: str) -> None:
    if ports.publisher is None:
        raise UnavailableError("the log", "this process has no connection to it")
    await ports.publisher.publish(events, service=service)
