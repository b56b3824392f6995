"""Passwords that are forgotten, and passwords that are changed."""

from typing import Any

import msgspec

from reptidex.domain.addresses import normal_address
from reptidex.errors import ForbiddenError, InvalidError
from reptidex.http.core.attempts import forget_attempts
from reptidex.http.core.pages import page
from reptidex.http.core.ports import Ports, email_of, user_context
from reptidex.http.core.registration import AddressBody, Password, Said, Token, TokenQuery, known_user
from reptidex.http.core.sign_in import proved
from reptidex.http.server.policy import public, signed_in
from reptidex.http.server.routes import Raw, Request, Routes
from reptidex.streams.commands.core import RequestReset, SetPassword
from reptidex.tables.core.people import User

routes = Routes("passwords")


class ResetBody(msgspec.Struct, frozen=True, kw_only=True):
    """The token of the link, and the password from now on."""

    token: Token
    password: Password


class ChangeBody(msgspec.Struct, frozen=True, kw_only=True):
    """The password so far and from now on."""

    current_password: Password
    password: Password


async def _sealed(request: Any, user: User, password: str) -> bytes:
    ports: Ports = request.ports
    await ports.hashing.check_strength(password, (await email_of(ports, user), user.display_name))
    encoded = await ports.hashing.hash(password)
    return await ports.vault.seal(encoded.encode(), context=user_context(user.user_id), under=user.data_key)


@routes.post("/auth/forgot-password", policy=public(cost=10), status=202)
async def forgot_password(request: Request[AddressBody, None]) -> Said:
    """Send a link for a new password. The answer, and the time it takes, are the same for every address."""
    await request.tell(RequestReset(user_id=await known_user(request, request.body.email)))
    return Said(said="if this address has an account, a mail is on its way")


@routes.get("/auth/reset", policy=public(), errors=(422,))
async def reset_page(request: Request[None, TokenQuery]) -> Raw:
    """Show the form for a new password."""
    return page(
        title="Set a new password",
        text="Choose a password that nobody guesses. All your devices are signed out.",
        button="Set password",
        action="/auth/reset-password",
        token=request.query.token,
        password=True,
    )


@routes.post("/auth/reset-password", policy=public(cost=10), errors=(422,))
async def reset_password(request: Request[ResetBody, None]) -> Said:
    """Set a new password with the token of the link. Every session ends."""
    ports: Ports = request.ports
    link = ports.keyed.read_link("reset", request.body.token)
    user = await request.read.get(User, link.user_id) if link is not None else None
    if link is None or user is None or user.status == "deleted":
        raise InvalidError("this link does not work; ask for another", "/token")
    sealed = await _sealed(request, user, request.body.password)
    await request.tell(SetPassword(user_id=user.user_id, password_sealed=sealed, generation=link.generation))
    await forget_attempts(request, ports.keyed.address_hash(normal_address(await email_of(ports, user))))
    return Said(said="the new password is set; sign in with it")


@routes.put("/auth/password", policy=signed_in(cost=10), status=204, errors=(401, 422))
async def change_password(request: Request[ChangeBody, None]) -> None:
    """Change the password; the other sessions end."""
    ports: Ports = request.ports
    caller = request.caller
    if caller.via:
        raise ForbiddenError("an API key cannot change a password")
    user = await request.read.need(User, caller.subject)
    await proved(request, await email_of(ports, user), request.body.current_password)
    sealed = await _sealed(request, user, request.body.password)
    await request.tell(SetPassword(user_id=user.user_id, password_sealed=sealed, keep_session_id=caller.session_id))
