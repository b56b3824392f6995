"""What the mail provider reports."""

from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.errors import InvalidError, NotYetError, UnauthenticatedError
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.community import RecordDelivered, RecordFailed
from reptidex.tables.community import queries

routes = Routes("webhooks")
SIGNATURE = "X-Signature"


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail provider says became of a message."""

    message_id: Annotated[str, Meta(min_length=1, max_length=200)]
    event: Annotated[str, Meta(description="`delivered`, `bounced`; others are taken and change nothing")]


@routes.post("/webhooks/mail", policy=public(), status=204, errors=(401, 422, 503))
async def take_delivery_report(request: Request[bytes, None]) -> None:
    """Take a provider's report; `X-Signature` is the HMAC-SHA256 of its raw bytes in hex.

    A report of a message that is not known yet has overtaken the provider's own answer: 503, to be sent again.
    """
    if not request.ports.report_is_genuine(request.raw, request.headers.get(SIGNATURE, "")):
        raise UnauthenticatedError("the report's signature is not the provider's")
    try:
        report = msgspec.json.decode(request.raw, type=DeliveryReport)
    except (msgspec.MsgspecError, ValueError) as problem:
        raise InvalidError(str(problem)) from problem
    if report.event not in ("delivered", "bounced"):
        return
    found = await request.read.find(queries.by_reference(report.message_id))
    if not found:
        raise NotYetError("this message is not known yet")
    [message] = found
    if report.event == "delivered":
        command = RecordDelivered(notification_id=message.notification_id, provider_reference=report.message_id)
        await request.tell(command)
    else:
        await request.tell(RecordFailed(notification_id=message.notification_id, reason="bounced"))
