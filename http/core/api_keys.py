"""Keys for programs that act for a member within one vivarium."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from reptidex.connectors.identity.claims import AUDIENCE, Claims
from reptidex.domain import opaque
from reptidex.errors import NotFoundError, UnauthenticatedError
from reptidex.http.core.issuing import fresh_secret, standing, until
from reptidex.http.core.ports import Ports
from reptidex.http.server.policy import services, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.core import CreateApiKey, RevokeApiKey
from reptidex.tables.core.people import ApiKey
from reptidex.tables.query import select

routes = Routes("API keys")

EVERYBODY = ("repti-core", "repti-animal", "repti-commerce", "repti-media", "repti-community", "repti-ops")


class NewApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a key is for."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: tuple[Literal["read", "write"], ...] = ("read",)
    days: Annotated[int, Meta(ge=1, le=730)] = 365
    """How long it is good for."""


class ApiKeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without what makes it one."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    vivarium_id: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class CreatedApiKey(ApiKeyView, frozen=True, kw_only=True):
    """A new key, shown this once."""

    key: str


class PresentedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that somebody presented to a service."""

    key: Annotated[str, Meta(max_length=200)]


@routes.post("/auth/api-keys", policy=signed_in(recent=True, cost=5), status=201, errors=(409,))
async def create_api_key(request: Request[NewApiKey, None]) -> CreatedApiKey:
    """Make a key for the vivarium that the token speaks for. It can do at most what its maker can do, then and later."""
    key_id = request.new_id()
    secret = fresh_secret(request, "api-key", key_id)
    made = await request.ask(
        CreateApiKey(
            user_id=request.caller.subject,
            vivarium_id=request.caller.vivarium_id,
            key_id=key_id,
            name=request.body.name,
            scopes=tuple(request.body.scopes),
            secret_hash=opaque.digest(secret),
            expires_at=until(request.ports, request.body.days),
        ),
        ApiKeyView,
    )
    return CreatedApiKey(**msgspec.structs.asdict(made), key=opaque.write("rxk", key_id, secret))


@routes.get("/auth/api-keys", policy=signed_in())
async def list_api_keys(request: Request[None, Paging]) -> Page[ApiKeyView]:
    """List one's keys, the newest first."""
    mine = select(ApiKey, ApiKey.c.user_id == request.caller.subject, order=("-key_id",))
    found, following = await request.read.page(mine, request.query)
    return Page(items=[msgspec.convert(key, ApiKeyView, from_attributes=True) for key in found], next=following)


@routes.delete("/auth/api-keys/{key_id}", policy=signed_in(), status=204, errors=(404,))
async def revoke_api_key(request: Request[None, None]) -> None:
    """Make a key worthless."""
    await request.tell(RevokeApiKey(user_id=request.caller.subject, key_id=request.path["key_id"]))


async def claims_of_key(request: Any, presented: str) -> Claims | None:
    """Return who stands behind a key, or None; `request` needs `read` and `ports` only."""
    ports: Ports = request.ports
    held = opaque.read("rxk", presented)
    key = await request.read.get(ApiKey, held.id) if held is not None else None
    if held is None or key is None or not opaque.same(key.secret_hash, held.secret_hash):
        return None
    now = ports.clock()
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return None
    try:
        about = await standing(request, key.user_id, key.vivarium_id)
    except UnauthenticatedError:
        return None
    if about["vid"] != key.vivarium_id:
        return None
    seconds = int(now.timestamp())
    return Claims(
        iss=ports.issuer,
        aud=AUDIENCE,
        sub=key.user_id,
        kind="user",
        iat=seconds,
        exp=seconds + 60,
        vid=key.vivarium_id,
        role=about["role"],
        scope=" ".join(key.scopes),
        via="api_key",
    )


@routes.post("/auth/api-keys/verify", policy=services(*EVERYBODY), errors=(404,))
async def verify_api_key(request: Request[PresentedKey, None]) -> Claims:
    """Say who stands behind a key that was presented to another service."""
    claims = await claims_of_key(request, request.body.key)
    if claims is None:
        raise NotFoundError("API key", "like this")
    return claims
