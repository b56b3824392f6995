"""Mailboxes that take no mail, for those who run the platform."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.http.server.policy import scope
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.community import ForgetRefusal
from reptidex.tables.community import queries
from reptidex.tables.community.models import SENT_TO, Notification

routes = Routes("notifications")


class RefusalView(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox that takes no mail. Nothing is sent there but what its owner asks for."""

    user_id: str
    address_hash: Annotated[str, Meta(description="`email_hash` of repti-core's events; empty where it is not known")]
    reason: Annotated[str, Meta(description="in the words of the server that refused it")]
    since: datetime


def _view(row: Notification) -> RefusalView:
    return RefusalView(
        user_id=row.recipient_id, address_hash=row.facts[SENT_TO], reason=row.reason, since=row.created_at
    )


@routes.get("/notifications/refused", policy=scope("admin"))
async def list_refusals(request: Request[None, Paging]) -> Page[RefusalView]:
    """List the mailboxes that take no mail, the latest first."""
    found, after = await request.read.page(queries.refusals(), request.query)
    return Page(items=[_view(row) for row in found], next=after)


@routes.delete("/notifications/refused/{user_id}", policy=scope("admin"), errors=(404,))
async def forget_refusal(request: Request[None, None]) -> RefusalView:
    """Send a person mails again, and answer what was forgotten."""
    return _view(await request.ask(ForgetRefusal(user_id=request.path["user_id"]), Notification))
