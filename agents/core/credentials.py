"""Passwords that are forgotten and set anew, identities that are linked, keys for programs."""

from collections.abc import AsyncIterator
from datetime import datetime

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.registration import LinkError
from reptidex.agents.core.sessions import living, revoke_all
from reptidex.domain import sessions
from reptidex.errors import DomainError, NotFoundError, UnauthenticatedError
from reptidex.streams import core as events
from reptidex.streams.commands.core import (
    CreateApiKey,
    LinkIdentity,
    RehashPassword,
    RequestReset,
    RevokeApiKey,
    SetPassword,
)
from reptidex.streams.contract import Event
from reptidex.tables.core.people import ApiKey, Identity, Session, User
from reptidex.tables.core.vivariums import Membership, membership_id
from reptidex.tables.query import select

MOST_KEYS = 25


def _open(user: User, now: datetime) -> bool:
    """Tell whether a link is out that sets a new password."""
    asked = user.reset_asked_at
    return user.reset_open and asked is not None and now - asked <= sessions.RESET_VALID


@agent(RequestReset, prefetch={User: "user_id"})
async def request_reset(command: RequestReset, unit: Unit) -> AsyncIterator[Event]:
    """Make a link for a new password and have it sent; nobody learns from outside whether the address is known."""
    user = await unit.get(User, command.user_id)
    if user is None or user.status == "deleted":
        return
    if user.reset_asked_at is not None and unit.now - user.reset_asked_at < sessions.MAIL_EVERY:
        return
    # Anybody may ask, every minute: a link that is still good is sent again, or its owner would never get to use one.
    generation = user.reset_generation if _open(user, unit.now) else user.reset_generation + 1
    unit.put(replace(user, reset_generation=generation, reset_asked_at=unit.now, reset_open=True))
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("password_reset_requested",))


@agent(SetPassword, prefetch={User: "user_id"})
async def set_password(command: SetPassword, unit: Unit) -> AsyncIterator[Event]:
    """Set a new password and end the sessions that the old one opened."""
    user = await unit.get(User, command.user_id)
    if user is None or user.status == "deleted":
        raise LinkError("this link does not work any more; ask for another")
    if command.generation is not None:
        if not (_open(user, unit.now) and command.generation == user.reset_generation):
            raise LinkError("this link was used, replaced or is older than an hour; ask for another")
        # Who reads the mail owns the address: the link confirms it as well.
        user = replace(user, confirmed_at=user.confirmed_at or unit.now)
    unit.put(replace(user, password_sealed=command.password_sealed, reset_open=False))
    for event in await revoke_all(unit, user.user_id, "password", keep=command.keep_session_id):
        yield event
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("password",))


@agent(RehashPassword, prefetch={User: "user_id"})
async def rehash_password(command: RehashPassword, unit: Unit) -> None:
    """Keep the same password under today's cost of hashing."""
    user = await unit.get(User, command.user_id)
    if user is not None and user.password_sealed == command.old_sealed:
        unit.put(replace(user, password_sealed=command.password_sealed))


@agent(LinkIdentity, prefetch={User: "user_id", Identity: "identity", Session: "session_id"})
async def link_identity(command: LinkIdentity, unit: Unit) -> AsyncIterator[Event]:
    """Link an account at an identity provider to a person who has proved to own both."""
    user = await unit.need(User, command.user_id)
    session = await unit.get(Session, command.session_id)
    # Whoever was thrown out of the account while they were away at the provider must not come back with a key to it.
    if session is None or session.user_id != user.user_id or not session.is_live(unit.now):
        raise UnauthenticatedError("the session in which you began to link has ended; sign in and begin anew")
    known = await unit.get(Identity, command.identity)
    if known is not None:
        if known.user_id != user.user_id:
            raise DomainError(f"this {command.provider} account is linked to another person")
        return
    linked = Identity(identity=command.identity, provider=command.provider, user_id=user.user_id, linked_at=unit.now)
    unit.put(linked)
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("identities",))


@agent(CreateApiKey)
async def create_api_key(command: CreateApiKey, unit: Unit) -> AsyncIterator[Event]:
    """Make a key; its secret is shown once by the view and is not here."""
    await living(unit, command.user_id)
    if await unit.get(Membership, membership_id(command.vivarium_id, command.user_id)) is None:
        raise NotFoundError("vivarium", command.vivarium_id)
    mine = await unit.find(select(ApiKey, ApiKey.c.user_id == command.user_id, ApiKey.c.revoked_at.is_(None)))
    if len(mine) >= MOST_KEYS:
        raise DomainError(f"you have {MOST_KEYS} keys, which is the most; revoke one first")
    key = ApiKey(
        key_id=command.key_id,
        user_id=command.user_id,
        vivarium_id=command.vivarium_id,
        name=command.name,
        scopes=command.scopes,
        secret_hash=command.secret_hash,
        created_at=unit.now,
        expires_at=command.expires_at,
    )
    unit.put(key)
    unit.answer(replace(key, secret_hash=""))
    yield events.AuthUserUpdated(user_id=command.user_id, changed=("api_keys",))


@agent(RevokeApiKey, prefetch={ApiKey: "key_id"})
async def revoke_api_key(command: RevokeApiKey, unit: Unit) -> None:
    """Make a key worthless from its next use on."""
    key = await unit.get(ApiKey, command.key_id)
    if key is None or key.user_id != command.user_id:
        raise NotFoundError("API key", command.key_id)
    if key.revoked_at is None:
        unit.put(replace(key, revoked_at=unit.now))
