"""The accounts elsewhere with which a person can sign in: seen, linked by an app, and let go of."""

from datetime import datetime

import msgspec

from reptidex.http.core.outside_return import TO_LINK, LinkCode, ReturnCode, Verifier, redeemed
from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Page, Request, Routes
from reptidex.streams.commands.core import LinkIdentity
from reptidex.streams.commands.core_identities import UnlinkIdentity
from reptidex.tables.core.people import Identity
from reptidex.tables.query import select

routes = Routes("sign-in elsewhere")


class IdentityView(msgspec.Struct, frozen=True, kw_only=True):
    """An account at an identity provider."""

    provider: str
    linked_at: datetime


class Linking(msgspec.Struct, frozen=True, kw_only=True):
    """The code that came back to an app that asked to link, and its verifier."""

    code: ReturnCode
    code_verifier: Verifier


@routes.get("/auth/identities", policy=signed_in())
async def list_identities(request: Request[None, None]) -> Page[IdentityView]:
    """List the accounts elsewhere that are linked to one's own."""
    mine = select(Identity, Identity.c.user_id == request.caller.subject, order=("linked_at",))
    found = await request.read.find(mine)
    return Page(items=[IdentityView(provider=each.provider, linked_at=each.linked_at) for each in found])


@routes.post("/auth/identities/{provider}", policy=signed_in(recent=True, cost=5), status=204, errors=(401, 409))
async def link_identity(request: Request[Linking, None]) -> None:
    """Link the account elsewhere that a code came back for (`GET /auth/outside/{provider}?link=true`), as the app does it."""
    body, caller = request.body, request.caller
    held = redeemed(request, TO_LINK, body.code, body.code_verifier, LinkCode)
    await request.tell(
        LinkIdentity(
            user_id=caller.subject, identity=held.identity, provider=held.provider, session_id=caller.session_id
        )
    )


@routes.delete("/auth/identities/{provider}", policy=signed_in(recent=True), status=204, errors=(404, 409))
async def unlink_identity(request: Request[None, None]) -> None:
    """Unlink a provider's accounts, and end the other sessions that were begun with them. 409 where it is the last way in."""
    caller = request.caller
    await request.tell(
        UnlinkIdentity(user_id=caller.subject, provider=request.path["provider"], keep_session_id=caller.session_id)
    )
