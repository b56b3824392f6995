"""What services and verifiers need: tokens for services, and the public keys."""

import hmac
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.errors import UnauthenticatedError
from reptidex.http.core.issuing import sign
from reptidex.http.core.ports import Ports
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Raw, Request, Routes

routes = Routes("keys")

KEPT_S = 300
"""How long verifiers may keep the key set; one that meets a key id which it does not know fetches it anew."""


class ServiceCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """A service and its secret."""

    service: Annotated[str, Meta(max_length=50)]
    """`repti-commerce`"""
    secret: Annotated[str, Meta(max_length=500)]


class ServiceToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that speaks for a service."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"


@routes.post("/auth/service-token", policy=public(cost=2), errors=(401,))
async def service_token(request: Request[ServiceCredentials, None]) -> ServiceToken:
    """Give a service of the platform its token."""
    ports: Ports = request.ports
    asked = request.body
    known = ports.service_secrets.get(asked.service, "")
    if not hmac.compare_digest(known.encode(), asked.secret.encode()) or not known:
        raise UnauthenticatedError("this is not the secret of a service of ours")
    token = await sign(ports, sub=asked.service, kind="service")
    return ServiceToken(access_token=token, expires_in=ports.access_token_s)


@routes.get("/.well-known/jwks.json", policy=public())
async def key_set(request: Request[None, None]) -> Raw:
    """Return the public keys that verify access tokens (RFC 7517)."""
    keys = await request.ports.signer.keys()
    body = msgspec.json.encode({"keys": keys})
    headers = {"Cache-Control": f"public, max-age={KEPT_S}"}
    return Raw(body=body, content_type="application/jwk-set+json", headers=headers)
