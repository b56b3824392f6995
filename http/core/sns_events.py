"""Events of partners who can reach neither our log nor our queues: SNS posts them here."""

import msgspec

from reptidex.connectors.bridge.arrivals import Admission, Arrival, read_event
from reptidex.connectors.bridge.https import Notification
from reptidex.errors import NotFoundError, UnavailableError
from reptidex.http.core.ports import Ports
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams import codec, edge
from reptidex.streams.contract import message_class

routes = Routes("events")


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """SNS need not post this again."""

    outcome: str
    """`published`; `repeated`; `looped`: it came from us; `arranged`: it was about the subscription itself."""
    event_id: str = ""


@routes.post("/events/sns", policy=public(), errors=(403, 404, 422), body_bytes=2 * edge.SIZE_LIMIT)
async def take_sns_message(request: Request[bytes, None]) -> Received:
    """Take what SNS posts for a topic that is allowed: proved by its signature, checked against its contract, published.

    The topic says which event it is. Attributes are not signed, and nothing is read from them.
    """
    ports: Ports = request.ports
    if ports.sns is None:
        raise NotFoundError("endpoint", "/events/sns")
    notification = await ports.sns.receive(request.raw)
    if notification is None:
        return Received(outcome="arranged")
    if notification.repeated:
        return Received(outcome="repeated")
    received = await _publish(notification, ports)
    ports.sns.took(notification)
    return received


async def _publish(notification: Notification, ports: Ports) -> Received:
    assert ports.sns is not None
    admission = Admission(events=(notification.event,), own=ports.sns.own, origin=ports.sns.origin)
    arrival = read_event(notification.body, {}, admission)
    if not isinstance(arrival, Arrival):
        return Received(outcome="looped")
    if ports.publisher is None:
        raise UnavailableError("the log", "this process has no connection to it")
    service = message_class(arrival.name).contract.service
    await ports.publisher.publish([codec.decode(arrival.said.value, arrival.name)], service=service)
    return Received(outcome="published", event_id=arrival.identity[1])
