"""Tokens that repti-core hands out: signed access tokens, and the opaque ones that are good for the next."""

from datetime import timedelta
from typing import Any

import msgspec

from reptidex.connectors.identity.claims import AUDIENCE, Claims, encode_claims
from reptidex.connectors.keys.jose import compact
from reptidex.domain import opaque
from reptidex.domain.sessions import device, ip_prefix
from reptidex.errors import UnauthenticatedError
from reptidex.http.core.ports import Ports
from reptidex.streams.commands.core import Sessioned
from reptidex.tables.core.people import Grant, Session, User
from reptidex.tables.core.vivariums import Membership, Vivarium, membership_id


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a signed-in client holds."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds that the access token is good for."""
    session_id: str
    user_id: str
    vivarium_id: str
    token_type: str = "Bearer"


async def sign(ports: Ports, **claims: Any) -> str:
    """Sign an access token that is good from now on."""
    now = int(ports.clock().timestamp())
    whole = Claims(iss=ports.issuer, aud=AUDIENCE, iat=now, exp=now + ports.access_token_s, **claims)
    return await compact(ports.signer, encode_claims(whole))


async def standing(request: Any, user_id: str, vivarium_id: str) -> dict[str, str]:
    """Return the claims about a person in a vivarium, as they are now.

    A vivarium that was left or closed is replaced by the person's own; a suspended one can only be read, and one that they do not
    belong to not even that (no role).
    Raises `UnauthenticatedError` where the account is not in use.
    """
    user = await request.read.get(User, user_id)
    if user is None or user.status != "active":
        raise UnauthenticatedError("this account is not in use")
    member = await request.read.get(Membership, membership_id(vivarium_id, user_id))
    vivarium = await request.read.get(Vivarium, vivarium_id)
    if member is None or vivarium is None or vivarium.status == "closed":
        vivarium_id = user.personal_vivarium_id
        member = await request.read.get(Membership, membership_id(vivarium_id, user_id))
        vivarium = await request.read.get(Vivarium, vivarium_id)
    role = member.role if member else ""
    if role and vivarium is not None and vivarium.status == "suspended":
        role = "keeper"
    grant = await request.read.get(Grant, user.address_hash)
    return {"vid": vivarium_id, "role": role, "scope": " ".join(grant.scopes) if grant else ""}


async def tokens(request: Any, session: Sessioned, refresh_token: str) -> Tokens:
    """Return a session's tokens with a fresh access token.

    Raises `UnauthenticatedError` where the session has ended, or the refresh token was spent: what was asked under an
    `Idempotency-Key` is answered as the first time for two days, and must not bring back by then what is over.
    """
    ports: Ports = request.ports
    claims = await standing(request, session.user_id, session.vivarium_id)
    begun = await request.read.get(Session, session.session_id)
    if begun is None or not begun.is_live(ports.clock()):
        raise UnauthenticatedError("this session has ended; sign in again")
    held = opaque.read("rxr", refresh_token)
    if held is not None and held.secret_hash != begun.token_hash:
        raise UnauthenticatedError("this refresh token was used since; sign in again")
    at = int(begun.started_at.timestamp())
    access = await sign(ports, sub=session.user_id, kind="user", sid=session.session_id, auth_time=at, **claims)
    return Tokens(
        access_token=access,
        refresh_token=refresh_token,
        expires_in=ports.access_token_s,
        session_id=session.session_id,
        user_id=session.user_id,
        vivarium_id=claims["vid"],
    )


def fresh_secret(request: Any, purpose: str, *parts: str) -> bytes:
    """Return a new secret; under an `Idempotency-Key` the same for a repeat, which so gets a token that works."""
    ports: Ports = request.ports
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ports.entropy(opaque.SECRET_BYTES)
    return ports.keyed.secret(purpose, key, *parts)


def device_of(request: Any) -> str:
    """Return the browser and system that a request names, in a few words."""
    return device(request.headers.get("User-Agent", ""))


def prefix_of(request: Any) -> str:
    """Return the network that a request comes from, as far as the web side knows it."""
    return ip_prefix(request.address)


def until(ports: Ports, days: int) -> Any:
    """Return the moment so many days from now."""
    return ports.clock() + timedelta(days=days)
