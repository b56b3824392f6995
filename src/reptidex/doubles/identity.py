"""Google's and GitHub's sign-in as the product uses them: OpenID Connect with discovery and PKCE, and GitHub's OAuth 2.

Whoever stands at the form says who they are: `email`, `name`, `verified`. Everything else is checked as the real ones check it:
the client and its secret, the redirect address, the code (once, within a minute), the verifier of the code challenge (RFC 7636).
"""

import base64
import hashlib
import html
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = "reptidex-local"
CODE_S = 60
FORM = """<!doctype html><meta charset="utf-8"><title>{provider} (double)</title><h1>Sign in with {provider}</h1>
<form method="post"><p><label>Address <input name="email" type="email" required></label></p>
<p><label>Name <input name="name"></label></p>
<p><label><input name="verified" type="checkbox" value="yes" checked> the address is verified</label></p>
<button>Sign in</button></form>"""


@dataclass
class Grant:
    """What a code stands for."""

    query: dict[str, str]
    person: dict[str, str]
    until: float


class IdentityDouble:
    """Both providers, below `/google` and `/github` of one address."""

    def __init__(self, *, secret: str = "shh") -> None:
        self._secret = secret
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._grants: dict[str, Grant] = {}
        self._tokens: dict[str, dict[str, str]] = {}
        self._url = ""

    def routes(self, url: str) -> Iterable[web.RouteDef]:
        """Return what listens at `url`."""
        self._url = url
        return [
            web.get("/google/.well-known/openid-configuration", self._configuration),
            web.get("/google/keys", self._keys),
            web.get("/google/authorise", self._form),
            web.post("/google/authorise", self._signed_in),
            web.post("/google/token", self._google_token),
            web.get("/github/login/oauth/authorize", self._form),
            web.post("/github/login/oauth/authorize", self._signed_in),
            web.post("/github/login/oauth/access_token", self._github_token),
            web.get("/github/api/user", self._github_user),
            web.get("/github/api/user/emails", self._github_emails),
        ]

    async def _configuration(self, _: web.Request) -> web.Response:
        issuer = f"{self._url}/google"
        return web.json_response(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorise",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return web.json_response({"keys": [key | {"kid": "double", "alg": "RS256", "use": "sig"}]})

    async def _form(self, request: web.Request) -> web.Response:
        self._check(request)
        provider = html.escape(request.path.split("/")[1].capitalize())
        return web.Response(text=FORM.format(provider=provider), content_type="text/html")

    async def _signed_in(self, request: web.Request) -> web.Response:
        query, form = self._check(request), await request.post()
        back = {"state": query.get("state", "")}
        if form.get("email"):
            code = secrets.token_urlsafe(24)
            person = {name: str(form.get(name, "")) for name in ("email", "name", "verified")}
            self._grants[code] = Grant(query, person, time.time() + CODE_S)
            back["code"] = code
        else:
            back["error"] = "access_denied"
        raise web.HTTPFound(f"{query['redirect_uri']}?{urlencode(back)}")

    def _check(self, request: web.Request) -> dict[str, str]:
        query = dict(request.query)
        right = query.get("client_id") == CLIENT and query.get("code_challenge_method") == "S256"
        if not right or not query.get("redirect_uri") or not query.get("code_challenge"):
            raise web.HTTPBadRequest(text="unknown client, or no redirect_uri, or no code challenge")
        return query

    async def _redeemed(self, request: web.Request) -> Grant | None:
        form = await request.post()
        grant = self._grants.pop(str(form.get("code", "")), None)
        known = form.get("client_id") == CLIENT and secrets.compare_digest(
            str(form.get("client_secret", "")), self._secret
        )
        if grant is None or not known or grant.until < time.time():
            return None
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        proved = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == grant.query["code_challenge"]
        return grant if proved and form.get("redirect_uri") == grant.query["redirect_uri"] else None

    async def _google_token(self, request: web.Request) -> web.Response:
        grant = await self._redeemed(request)
        if grant is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        now, person = int(time.time()), grant.person
        claims: dict[str, Any] = {
            "iss": f"{self._url}/google",
            "aud": CLIENT,
            "sub": _subject(person),
            "iat": now,
            "exp": now + 3600,
            "nonce": grant.query.get("nonce", ""),
            "email": person["email"],
            "email_verified": person["verified"] == "yes",
            "name": person["name"],
        }
        if "max_age" in grant.query or "auth_time" in grant.query.get("claims", ""):
            claims["auth_time"] = int(grant.until - CODE_S)  # whoever fills in the form signs in
        token = jwt.encode(claims, self._key, "RS256", {"kid": "double"})
        return web.json_response({"access_token": "-", "token_type": "Bearer", "expires_in": 3600, "id_token": token})

    async def _github_token(self, request: web.Request) -> web.Response:
        grant = await self._redeemed(request)
        if grant is None:
            return web.json_response({"error": "bad_verification_code"})  # with status 200, as GitHub does
        token = "gho_" + secrets.token_urlsafe(24)
        self._tokens[token] = grant.person
        return web.json_response({"access_token": token, "token_type": "bearer", "scope": "read:user,user:email"})

    def _bearer(self, request: web.Request) -> dict[str, str]:
        person = self._tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if person is None:
            raise web.HTTPUnauthorized(text='{"message": "Bad credentials"}', content_type="application/json")
        return person

    async def _github_user(self, request: web.Request) -> web.Response:
        person = self._bearer(request)
        login = person["email"].split("@")[0]
        return web.json_response({"id": int(_subject(person)), "login": login, "name": person["name"] or None})

    async def _github_emails(self, request: web.Request) -> web.Response:
        person = self._bearer(request)
        verified = person["verified"] == "yes"
        return web.json_response(
            [
                {"email": "old@example.net", "primary": False, "verified": True, "visibility": None},
                {"email": person["email"], "primary": True, "verified": verified, "visibility": "private"},
            ]
        )


def _subject(person: dict[str, str]) -> str:
    """Return the provider's own id of an account: the same for the same address."""
    return str(int.from_bytes(hashlib.sha256(person["email"].lower().encode()).digest()[:6]))
