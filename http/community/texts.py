"""What the provider of texts reports."""

from reptidex.errors import NotYetError, UnauthenticatedError
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.community import RecordDelivered, RecordFailed
from reptidex.tables.community import queries

routes = Routes("webhooks")
SIGNATURE = "X-Twilio-Signature"


@routes.post("/webhooks/texts", policy=public(), status=204, errors=(401, 422, 503))
async def take_text_report(request: Request[bytes, None]) -> None:
    """Take the status of a text, as Twilio posts it; `X-Twilio-Signature` is checked.

    A report of a message that is not known yet has overtaken the provider's own answer: 503, to be sent again.
    """
    texter = request.ports.texter
    if texter is None:
        raise UnauthenticatedError("no texts are sent here")
    report = texter.report(request.raw, request.headers.get(SIGNATURE, ""))
    if report.arrived is None:
        return
    found = await request.read.find(queries.by_reference(report.reference))
    if not found:
        raise NotYetError("this message is not known yet")
    [message] = found
    if report.arrived:
        command = RecordDelivered(notification_id=message.notification_id, provider_reference=report.reference)
        await request.tell(command)
    else:
        await request.tell(RecordFailed(notification_id=message.notification_id, reason="bounced"))
