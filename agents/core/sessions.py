"""Sessions: begun by proof, kept alive by refresh tokens that are good once, ended by a repeat."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.second_factor import spend_second_factor
from reptidex.domain import sessions
from reptidex.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from reptidex.streams import core as events
from reptidex.streams.commands.core import (
    EndSession,
    ForgetSession,
    RefreshSession,
    Sessioned,
    StartSession,
    SwitchVivarium,
)
from reptidex.streams.contract import Event
from reptidex.streams.core import EndReason
from reptidex.tables.core.people import Session, SpentToken, User
from reptidex.tables.core.vivariums import Membership, membership_id
from reptidex.tables.query import select


class UnconfirmedError(ForbiddenError):
    """The address is not confirmed yet."""

    title = "Confirm your address first"

    def __init__(self) -> None:
        super().__init__("open the link that we sent to your e-mail address, or ask for another one")


class SuspendedError(ForbiddenError):
    """The account is suspended."""

    title = "The account is suspended"

    def __init__(self) -> None:
        super().__init__("an administrator has suspended this account; write to us if that is a mistake")


def check_may_sign_in(user: User) -> None:
    """Check that an account is in a state to be used. Raises `SuspendedError` or `UnconfirmedError`."""
    if user.status == "suspended":
        raise SuspendedError
    if user.confirmed_at is None:
        raise UnconfirmedError


async def living(unit: Unit, user_id: str) -> User:
    """Return a person who is not gone: nothing may be added to what was erased. Raises `UnauthenticatedError`."""
    user = await unit.get(User, user_id)
    if user is None or user.status == "deleted":
        raise UnauthenticatedError("this account is not in use")
    return user


def _answer(unit: Unit, session: Session) -> None:
    unit.answer(
        Sessioned(
            outcome="good",
            user_id=session.user_id,
            session_id=session.session_id,
            vivarium_id=session.vivarium_id,
            expires_at=session.expires_at,
        )
    )


@agent(StartSession, prefetch={User: "user_id", Session: lambda start: [start.session_id, start.continues]})
async def start_session(command: StartSession, unit: Unit) -> AsyncIterator[Event]:
    """Begin a session after the proofs that the account asks for."""
    user = await unit.get(User, command.user_id)
    if user is None or user.status == "deleted":
        raise UnauthenticatedError("the address or the password is wrong")
    check_may_sign_in(user)
    if await unit.get(Session, command.session_id) is not None:
        raise UnauthenticatedError("this sign-in has begun a session already; begin anew")
    told: Literal["password", "google", "github", "mfa"] = command.how
    before = await _continued(command, unit) if command.continues else None
    signed_in_at = (
        min(unit.now, datetime.fromtimestamp(command.signed_in_at, UTC)) if command.signed_in_at else unit.now
    )
    if user.mfa_on and before is None:
        unit.put(spend_second_factor(user, command.mfa_step, command.recovery_hash))
        told, signed_in_at = "mfa", unit.now
    known = select(Session, Session.c.user_id == user.user_id, order=("-seen_at",), limit=sessions.MOST_SESSIONS)
    earlier = await unit.find(known)
    session = Session(
        session_id=command.session_id,
        user_id=user.user_id,
        vivarium_id=user.personal_vivarium_id,
        device=command.device,
        ip_prefix=command.ip_prefix,
        # By what it was begun, also with a second factor: it ends when the account elsewhere is unlinked.
        how=command.how,
        started_at=before.started_at if before else signed_in_at,
        seen_at=unit.now,
        expires_at=before.expires_at if before else unit.now + sessions.LIFETIME,
        idle_until=unit.now + sessions.IDLE,
        token_hash=command.token_hash,
    )
    unit.put(session)
    _forget_at(unit, session, session.expires_at + sessions.ENDED_KEPT)
    _answer(unit, session)
    if len(earlier) == sessions.MOST_SESSIONS:
        idle = earlier[-1]
        _forget_at(unit, idle, unit.now + sessions.ENDED_KEPT)
        if idle.revoked_at is None:
            yield revoke(unit, idle, "logout")
    yield events.AuthSessionStarted(
        user_id=user.user_id,
        session_id=session.session_id,
        device=session.device,
        ip_prefix=session.ip_prefix,
        how=told,
        new_device=bool(earlier) and all(other.device != session.device for other in earlier),
        expires_at=session.expires_at,
    )


def _forget_at(unit: Unit, session: Session, at: datetime) -> None:
    forget = ForgetSession(user_id=session.user_id, session_id=session.session_id)
    unit.timer(f"forget/{session.session_id}", at, forget)


async def _continued(command: StartSession, unit: Unit) -> Session:
    session = await unit.get(Session, command.continues)
    if session is None or session.user_id != command.user_id or not session.is_live(unit.now):
        raise UnauthenticatedError("the session in which you began this has ended; sign in and begin anew")
    return session


@agent(RefreshSession, prefetch={Session: "session_id", SpentToken: "token_hash"})
async def refresh_session(command: RefreshSession, unit: Unit) -> AsyncIterator[Event]:
    """Exchange a refresh token for its successor, and end the whole family when a spent one comes back."""
    session = await unit.get(Session, command.session_id)
    if session is None or session.user_id != command.user_id or session.revoked_at is not None:
        unit.answer(Sessioned(outcome="refused"))
        return
    if command.token_hash != session.token_hash:
        spent = await unit.get(SpentToken, command.token_hash)
        if spent is None or spent.session_id != session.session_id:
            unit.answer(Sessioned(outcome="refused"))
            return
        unit.answer(Sessioned(outcome="reused", session_id=session.session_id))
        yield events.AuthSessionReused(
            user_id=session.user_id,
            session_id=session.session_id,
            device=command.device,
            ip_prefix=command.ip_prefix,
            rotation=max(session.rotation, 1),
        )
        yield revoke(unit, session, "reuse")
        return
    if unit.now >= min(session.expires_at, session.idle_until):
        unit.answer(Sessioned(outcome="refused"))
        return
    unit.put(SpentToken(token_hash=session.token_hash, session_id=session.session_id, spent_at=unit.now))
    session = replace(
        session,
        token_hash=command.next_hash,
        rotation=session.rotation + 1,
        seen_at=unit.now,
        idle_until=unit.now + sessions.IDLE,
        ip_prefix=command.ip_prefix or session.ip_prefix,
    )
    unit.put(session)
    _answer(unit, session)
    yield events.AuthSessionRefreshed(
        user_id=session.user_id,
        session_id=session.session_id,
        device=session.device,
        ip_prefix=session.ip_prefix,
        rotation=session.rotation,
        expires_at=session.expires_at,
    )


def revoke(unit: Unit, session: Session, reason: EndReason) -> events.AuthSessionRevoked:
    """End a session now and return the event that says so."""
    unit.put(replace(session, revoked_at=unit.now, reason=reason))
    return events.AuthSessionRevoked(
        user_id=session.user_id,
        session_id=session.session_id,
        device=session.device,
        ip_prefix=session.ip_prefix,
        reason=reason,
    )


async def revoke_all(unit: Unit, user_id: str, reason: EndReason, keep: str = "") -> list[Event]:
    """End every live session of a person, but the one to `keep`."""
    live = await unit.find(select(Session, Session.c.user_id == user_id, Session.c.revoked_at.is_(None)))
    return [revoke(unit, session, reason) for session in live if session.session_id != keep]


@agent(EndSession)
async def end_session(command: EndSession, unit: Unit) -> AsyncIterator[Event]:
    """End one session or all of them; what has ended stays ended."""
    if not command.session_id:
        for event in await revoke_all(unit, command.user_id, command.reason):
            yield event
        return
    session = await unit.get(Session, command.session_id)
    if session is None or session.user_id != command.user_id:
        raise NotFoundError("session", command.session_id)
    if session.revoked_at is None:
        yield revoke(unit, session, command.reason)


@agent(ForgetSession)
async def forget_session(command: ForgetSession, unit: Unit) -> None:
    """Drop a session that ran out, with its spent tokens."""
    for spent in await unit.find(select(SpentToken, SpentToken.c.session_id == command.session_id)):
        unit.delete(SpentToken, spent.token_hash)
    unit.delete(Session, command.session_id)


@agent(SwitchVivarium, prefetch={Session: "session_id"})
async def switch_vivarium(command: SwitchVivarium, unit: Unit) -> None:
    """Let a session speak for another vivarium of the person."""
    session = await unit.get(Session, command.session_id)
    if session is None or session.user_id != command.user_id or not session.is_live(unit.now):
        raise UnauthenticatedError("this session has ended; sign in again")
    if await unit.get(Membership, membership_id(command.vivarium_id, command.user_id)) is None:
        raise NotFoundError("vivarium", command.vivarium_id)
    session = replace(session, vivarium_id=command.vivarium_id)
    unit.put(session)
    _answer(unit, session)
