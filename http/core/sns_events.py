"""Events of partners who can reach neither our log nor our queues: SNS posts them here."""

import msgspec

from reptidex.connectors.bridge.https import Notification
from reptidex.errors import ContractError, NotFoundError, UnavailableError
from reptidex.http.core.ports import Ports
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams import edge
from reptidex.streams.contract import message_class

routes = Routes("events")
MOST_HOPS = 4


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
    service = message_class(notification.event).contract.service
    event = edge.accept(notification.body, service=service)
    if event.type != notification.event:
        raise ContractError(f"{event.type}: this topic carries {notification.event}")
    assert ports.sns is not None
    if event.rxorigin == ports.sns.own or (event.rxhops or 0) > MOST_HOPS:
        return Received(outcome="looped", event_id=event.id)
    if ports.publisher is None:
        raise UnavailableError("the log", "this process has no connection to it")
    foreign = msgspec.structs.replace(event, rxorigin=event.rxorigin or ports.sns.origin)
    await ports.publisher.publish([foreign], service=service)
    return Received(outcome="published", event_id=event.id)
