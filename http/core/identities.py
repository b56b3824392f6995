"""The accounts elsewhere with which a person can sign in: seen, and let go of."""

from datetime import datetime

import msgspec

from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Page, Request, Routes
from reptidex.streams.commands.core_identities import UnlinkIdentity
from reptidex.tables.core.people import Identity
from reptidex.tables.query import select

routes = Routes("sign-in elsewhere")


class IdentityView(msgspec.Struct, frozen=True, kw_only=True):
    """An account at an identity provider."""

    provider: str
    linked_at: datetime


@routes.get("/auth/identities", policy=signed_in())
async def list_identities(request: Request[None, None]) -> Page[IdentityView]:
    """List the accounts elsewhere that are linked to one's own."""
    mine = select(Identity, Identity.c.user_id == request.caller.subject, order=("linked_at",))
    found = await request.read.find(mine)
    return Page(items=[IdentityView(provider=each.provider, linked_at=each.linked_at) for each in found])


@routes.delete("/auth/identities/{provider}", policy=signed_in(recent=True), status=204, errors=(404, 409))
async def unlink_identity(request: Request[None, None]) -> None:
    """Unlink a provider's accounts, and end the other sessions that were begun with them. 409 where it is the last way in."""
    caller = request.caller
    await request.tell(
        UnlinkIdentity(user_id=caller.subject, provider=request.path["provider"], keep_session_id=caller.session_id)
    )
