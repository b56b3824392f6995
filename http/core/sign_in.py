"""Signing in, staying signed in, signing out."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from reptidex.domain import opaque, totp
from reptidex.domain.addresses import normal_address
from reptidex.errors import UnauthenticatedError
from reptidex.http.core.attempts import attempt_at
from reptidex.http.core.issuing import Tokens, device_of, fresh_secret, prefix_of, tokens
from reptidex.http.core.ports import Ports, user_context
from reptidex.http.core.registration import Email, Password, holder
from reptidex.http.server.policy import public, signed_in
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.core import (
    EndSession,
    RefreshSession,
    RehashPassword,
    Sessioned,
    StartSession,
    SwitchVivarium,
)
from reptidex.streams.core import How
from reptidex.streams.values import Id
from reptidex.tables.core.people import Session, User

routes = Routes("sign-in")


AuthenticatorCode = Annotated[str, Meta(min_length=6, max_length=6)]
"""The six digits of the authenticator."""
RecoveryCode = Annotated[str, Meta(max_length=40)]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """An address, its password and, where the account asks for it, a second factor."""

    email: Email
    password: Password
    code: AuthenticatorCode | None = None
    recovery_code: RecoveryCode | None = None


class RefreshBody(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token."""

    refresh_token: Annotated[str, Meta(max_length=200)]


class LogoutBody(msgspec.Struct, frozen=True, kw_only=True):
    """What to end."""

    everywhere: bool = False
    """All of the person's sessions, not only this one."""


class SwitchBody(msgspec.Struct, frozen=True, kw_only=True):
    """The vivarium to speak for."""

    vivarium_id: Id


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh access token for the session that asked."""

    access_token: str
    expires_in: int
    vivarium_id: str
    token_type: str = "Bearer"


class WrongCredentialsError(UnauthenticatedError):
    """The address is unknown, or the password is wrong: which of both is nobody's business."""

    title = "Address or password is wrong"

    def __init__(self) -> None:
        super().__init__("the address is unknown or the password is wrong")


async def proved(request: Any, email: str, password: str) -> User:
    """Return the person whose password this is.

    An unknown address costs the same look-ups, unsealing and hashing. Raises `WrongCredentialsError`, and
    `TooManyAttemptsError` where too many at this address have been wrong.
    """
    ports: Ports = request.ports
    address = ports.keyed.address_hash(normal_address(email))
    async with attempt_at(request, address):
        return await _proved(request, address, password)


async def _proved(request: Any, address: str, password: str) -> User:
    ports: Ports = request.ports
    user: Any = await holder(request, address)
    there = user is not None and bool(user.password_sealed)
    who = user if there else ports.nobody
    encoded = await ports.vault.unseal(who.password_sealed, context=user_context(who.user_id), under=who.data_key)
    if not await ports.hashing.matches(encoded.decode() if there else None, password):
        raise WrongCredentialsError
    if ports.hashing.outdated(encoded.decode()):
        again = (await ports.hashing.hash(password)).encode()
        sealed = await ports.vault.seal(again, context=user_context(user.user_id), under=user.data_key)
        old = user.password_sealed
        await request.tell(RehashPassword(user_id=user.user_id, old_sealed=old, password_sealed=sealed))
    found: User = user
    return found


async def second_step(request: Any, user: User, code: str) -> int:
    """Return the time step of a right code of a person's authenticator.

    Raises `SecondFactorError`, and `TooManyAttemptsError` where too many of this person's codes have been wrong.
    """
    ports: Ports = request.ports
    async with attempt_at(request, user.user_id):
        secret = await ports.vault.unseal(user.mfa_sealed, context=user_context(user.user_id), under=user.data_key)
        step = totp.step_of(secret.decode(), code, ports.clock())
        if step is None:
            raise totp.SecondFactorError("this code is wrong; check the clock of the authenticator")
        return step


@routes.post("/auth/login", policy=public(cost=10), errors=(401, 403, 429))
async def login(request: Request[Credentials, None]) -> Tokens:
    """Begin a session. 401 with the title *A second factor is needed* asks for `code` or `recovery_code`."""
    body = request.body
    user = await proved(request, body.email, body.password)
    return await finish_sign_in(request, user, body.code, body.recovery_code)


async def finish_sign_in(
    request: Any,
    user: User,
    code: str | None,
    recovery_code: str | None,
    *,
    how: How = "password",
    session_id: str = "",
    signed_in_at: int | None = None,
) -> Tokens:
    """Begin a session for somebody whose first proof is given, with the second where the account asks for one.

    `session_id` and `signed_in_at` are those of `begin_session`.

    Raises `SecondFactorError`, and `TooManyAttemptsError` where too many of this person's codes have been wrong.
    """
    if user.mfa_on and recovery_code:
        recovery = opaque.digest(totp.recovery_secret(recovery_code))
        async with attempt_at(request, user.user_id):
            return await begin_session(request, user.user_id, recovery_hash=recovery, how=how, session_id=session_id)
    step = await second_step(request, user, code) if user.mfa_on and code else None
    return await begin_session(
        request, user.user_id, mfa_step=step, how=how, session_id=session_id, signed_in_at=signed_in_at
    )


async def begin_session(
    request: Any,
    user_id: str,
    *,
    mfa_step: int | None = None,
    recovery_hash: str = "",
    how: How = "password",
    continues: str = "",
    session_id: str = "",
    signed_in_at: int | None = None,
) -> Tokens:
    """Begin a session for somebody who proved who they are, and return its tokens.

    `continues` names a session of theirs that still lives: all factors were proved in it, and the new one is as old as it is.
    `session_id` is that of the new one, where it was promised before: it begins once. `signed_in_at` (Unix seconds) is when they
    proved it, where that was not now.
    """
    session_id = session_id or request.new_id()
    secret = fresh_secret(request, "refresh", session_id)
    session = await request.ask(
        StartSession(
            user_id=user_id,
            session_id=session_id,
            token_hash=opaque.digest(secret),
            how=how,
            continues=continues,
            mfa_step=mfa_step,
            recovery_hash=recovery_hash,
            signed_in_at=signed_in_at,
            device=device_of(request),
            ip_prefix=prefix_of(request),
        ),
        Sessioned,
    )
    return await tokens(request, session, opaque.write("rxr", session_id, secret))


@routes.post("/auth/refresh", policy=public(), errors=(401,))
async def refresh(request: Request[RefreshBody, None]) -> Tokens:
    """Exchange a refresh token for its successor and a fresh access token. One that comes twice ends the session."""
    held = opaque.read("rxr", request.body.refresh_token)
    session = await request.read.get(Session, held.id) if held is not None else None
    if held is None or session is None:
        raise UnauthenticatedError("this refresh token is not valid; sign in again")
    secret = fresh_secret(request, "refresh", held.id, held.secret_hash)
    outcome = await request.ask(
        RefreshSession(
            user_id=session.user_id,
            session_id=held.id,
            token_hash=held.secret_hash,
            next_hash=opaque.digest(secret),
            device=device_of(request),
            ip_prefix=prefix_of(request),
        ),
        Sessioned,
    )
    if outcome.outcome != "good":
        raise UnauthenticatedError("this refresh token is not valid; sign in again")
    return await tokens(request, outcome, opaque.write("rxr", held.id, secret))


@routes.post("/auth/logout", policy=signed_in(), status=204)
async def logout(request: Request[LogoutBody | None, None]) -> None:
    """End this session, or all of them."""
    caller = request.caller
    session_id = "" if request.body and request.body.everywhere else caller.session_id
    await request.tell(EndSession(user_id=caller.subject, session_id=session_id))


@routes.post("/auth/switch", policy=signed_in(), errors=(404,))
async def switch_vivarium(request: Request[SwitchBody, None]) -> AccessToken:
    """Let the session speak for another vivarium of the person."""
    caller = request.caller
    command = SwitchVivarium(
        user_id=caller.subject, session_id=caller.session_id, vivarium_id=str(UUID(request.body.vivarium_id))
    )
    session = await request.ask(command, Sessioned)
    fresh = await tokens(request, session, "")
    return AccessToken(access_token=fresh.access_token, expires_in=fresh.expires_in, vivarium_id=fresh.vivarium_id)
