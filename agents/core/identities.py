"""Accounts elsewhere that are let go of again."""

from collections.abc import AsyncIterator

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.sessions import revoke
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams import core as events
from reptidex.streams.commands.core_identities import UnlinkIdentity
from reptidex.streams.contract import Event
from reptidex.tables.core.people import Identity, Session, User
from reptidex.tables.query import select


class LastWayInError(DomainError):
    """The person could not sign in any more."""

    title = "Set a password first"

    def __init__(self) -> None:
        super().__init__("this is the only way into your account; ask for a new password by mail, then unlink it")


@agent(UnlinkIdentity, prefetch={User: "user_id"})
async def unlink_identity(command: UnlinkIdentity, unit: Unit) -> AsyncIterator[Event]:
    """Unlink a provider's accounts; whoever came in by them goes, but for the session that asks."""
    user = await unit.need(User, command.user_id)
    linked = await unit.find(select(Identity, Identity.c.user_id == user.user_id))
    leaving = [each for each in linked if each.provider == command.provider]
    if not leaving:
        raise NotFoundError("linked account at", command.provider)
    if not user.password_sealed and len(leaving) == len(linked):
        raise LastWayInError
    for identity in leaving:
        unit.delete(Identity, identity.identity)
    live = select(Session, Session.c.user_id == user.user_id, Session.c.revoked_at.is_(None))
    for session in await unit.find(live):
        if session.how == command.provider and session.session_id != command.keep_session_id:
            yield revoke(unit, session, "logout")
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("identities",))
