"""Publishing an event over HTTP, for services and programs of ours that have no connection to the log."""

import msgspec

from reptidex.errors import UnavailableError
from reptidex.http.core.api_keys import EVERYBODY
from reptidex.http.core.ports import Ports
from reptidex.http.server.policy import services
from reptidex.http.server.routes import Request, Routes
from reptidex.streams import edge

routes = Routes("events")


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The log has acknowledged the event."""

    event_id: str
    topic: str


@routes.post("/events/publish", policy=services(*EVERYBODY), status=202, errors=(403, 422))
async def publish_event(request: Request[bytes, None]) -> Published:
    """Publish a CloudEvent (structured mode) of the asking service's own; the catalogue says what is wrong with another.

    An event that is handed in again under the same id is dropped by every reader.
    """
    ports: Ports = request.ports
    event = edge.accept(request.raw, service=request.caller.subject)
    if ports.publisher is None:
        raise UnavailableError("the log", "this process has no connection to it")
    await ports.publisher.publish([event], service=request.caller.subject)
    return Published(event_id=event.id, topic=event.data.contract.topic)
