"""Signing in with an account elsewhere: OpenID Connect (Google and others), and GitHub's OAuth 2, which is not quite that."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeVar
from urllib.parse import urlencode

import httpx
import jwt
import msgspec

from reptidex.errors import DomainError, UnavailableError

T = TypeVar("T")

ALGORITHMS = ["RS256", "ES256"]
LEEWAY_S = 60
DISCOVERY_S = 3600
TIMEOUT_S = 5.0
AUTH_TIME = '{"id_token":{"auth_time":{"essential":true}}}'
"""Asks for the moment of the sign-in (section 5.5). Google tells it to registrations with *session age claims* turned on."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who the provider says it is."""

    subject: str
    """The provider's own id of the account: it never changes, an address may."""
    email: str
    email_verified: bool
    name: str = ""
    signed_in_at: int | None = None
    """When they last proved to the provider who they are (Unix seconds), where it says so."""


class RefusedSignInError(DomainError):
    """The provider, or our check of what it said, does not vouch for this sign-in."""

    status = 401
    title = "The sign-in elsewhere failed"


class IdentityProvider(Protocol):
    """One provider. Raises `RefusedSignInError`, or `UnavailableError` (retriable)."""

    @property
    def name(self) -> str:
        """`google`, `github`."""

    @property
    def asks_anew(self) -> bool:
        """Whether it can be asked to have the person prove anew who they are, and tells when they did."""

    async def authorisation_url(
        self, *, state: str, nonce: str, verifier: str, redirect_uri: str, anew: bool = False
    ) -> str:
        """Return where the person signs in (PKCE, RFC 7636: only the verifier's hash goes there).

        `anew` has them prove who they are even where they are signed in there.
        """

    async def person(self, *, code: str, nonce: str, verifier: str, redirect_uri: str) -> Person:
        """Exchange the code that came back for who it is."""


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What we need of an OpenID provider's configuration (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """A JWK set (RFC 7517)."""

    keys: list[dict[str, Any]]


class IdToken(msgspec.Struct, frozen=True, kw_only=True):
    """What an OpenID provider answers for a code."""

    id_token: str


class GithubToken(msgspec.Struct, frozen=True, kw_only=True):
    """What GitHub answers for a code."""

    access_token: str


class GithubUser(msgspec.Struct, frozen=True, kw_only=True):
    """Whom GitHub's API says the token speaks for."""

    id: int
    login: str = ""
    name: str | None = None


class GithubEmail(msgspec.Struct, frozen=True, kw_only=True):
    """One of their addresses."""

    email: str
    primary: bool = False
    verified: bool = False


async def _told(client: httpx.AsyncClient, provider: str, request: httpx.Request, kind: type[T]) -> T:
    """Return what a provider answers. Raises `RefusedSignInError`, also for an `error` that comes with 200 as GitHub's do."""
    try:
        response = await client.send(request)
    except httpx.HTTPError as problem:
        raise UnavailableError(provider, type(problem).__name__) from problem
    if response.status_code >= 500 or response.status_code == 429:
        raise UnavailableError(provider, f"answered {response.status_code}")
    refused = RefusedSignInError(f"{provider} does not confirm this sign-in; begin anew")
    if response.status_code != 200:
        raise refused
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.MsgspecError, ValueError) as problem:
        if b'"error"' in response.content:
            raise refused from problem
        raise UnavailableError(provider, "its answer is not of the form that it promises") from problem


def _moment(claim: Any) -> int | None:
    """Return Unix seconds, or None for what is none."""
    return int(claim) if isinstance(claim, int | float) and 0 <= claim < 2**40 else None


class OidcProvider:
    """`IdentityProvider` by OpenID Connect Core 1.0: discovery, code flow with PKCE, a verified ID token."""

    asks_anew = True

    def __init__(
        self,
        name: str,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        client: httpx.AsyncClient,
        clock: Callable[[], float],
    ) -> None:
        self.name, self._issuer = name, issuer
        self._id, self._secret, self._client, self._clock = client_id, client_secret, client, clock
        self._metadata: Metadata | None = None
        self._keys: jwt.PyJWKSet | None = None
        self._until = float("-inf")
        self._reading = asyncio.Lock()

    async def authorisation_url(
        self, *, state: str, nonce: str, verifier: str, redirect_uri: str, anew: bool = False
    ) -> str:
        """Return where the person signs in; `anew` is `prompt` and `max_age` (section 3.1.2.1)."""
        metadata = await self._discover()
        query = {
            "response_type": "code",
            "client_id": self._id,
            "redirect_uri": redirect_uri,
            "scope": "openid email profile",
            "claims": AUTH_TIME,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        if anew:
            query |= {"prompt": "login", "max_age": "0"}
        return f"{metadata.authorization_endpoint}?{urlencode(query)}"

    async def person(self, *, code: str, nonce: str, verifier: str, redirect_uri: str) -> Person:
        """Exchange the code, and verify the ID token (section 3.1.3.7): signature, issuer, audience, times, nonce."""
        metadata = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._id,
            "client_secret": self._secret,
            "code_verifier": verifier,
        }
        request = self._client.build_request("POST", metadata.token_endpoint, data=form)
        answer = await _told(self._client, self.name, request, IdToken)
        claims = self._claims(answer.id_token)
        if claims.get("nonce") != nonce:
            raise RefusedSignInError(f"{self.name} answered another sign-in than the one that was begun")
        return Person(
            subject=str(claims["sub"]),
            email=str(claims.get("email", "")),
            email_verified=claims.get("email_verified") is True,
            name=str(claims.get("name", "")),
            signed_in_at=_moment(claims.get("auth_time")),
        )

    def _claims(self, token: str) -> Mapping[str, Any]:
        assert self._keys is not None
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            options: Any = {"require": ["iss", "aud", "exp", "iat", "sub"], "verify_exp": False, "verify_iat": False}
            claims: Mapping[str, Any] = jwt.decode(
                token, key, algorithms=ALGORITHMS, audience=self._id, issuer=self._issuer, options=options
            )
            if claims["exp"] + LEEWAY_S <= self._clock() or claims["iat"] - LEEWAY_S > self._clock():
                raise jwt.InvalidTokenError
        except (jwt.PyJWTError, KeyError, TypeError) as problem:
            self._until = float("-inf")  # its keys may have changed: they are read anew next time
            raise RefusedSignInError(f"what {self.name} said could not be verified; begin anew") from problem
        return claims

    async def _discover(self) -> Metadata:
        async with self._reading:
            if self._metadata is not None and self._clock() < self._until:
                return self._metadata
            build = self._client.build_request
            url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            metadata = await _told(self._client, self.name, build("GET", url), Metadata)
            if metadata.issuer != self._issuer:
                raise UnavailableError(self.name, "its configuration names another issuer")
            found = await _told(self._client, self.name, build("GET", metadata.jwks_uri), KeySet)
            try:
                self._keys = jwt.PyJWKSet(found.keys)
            except jwt.PyJWTError as problem:
                raise UnavailableError(self.name, "its keys cannot be read") from problem
            self._metadata, self._until = metadata, self._clock() + DISCOVERY_S
            return metadata


class GithubProvider:
    """`IdentityProvider` by GitHub's OAuth 2 (https://docs.github.com/apps/oauth-apps): no ID token, so its API is asked."""

    name = "github"
    asks_anew = False
    """It knows neither `prompt=login` nor `auth_time`: a person who is signed in there comes back at once."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        client: httpx.AsyncClient,
        url: str = "https://github.com",
        api: str = "https://api.github.com",
    ) -> None:
        self._id, self._secret, self._client, self._url, self._api = client_id, client_secret, client, url, api

    async def authorisation_url(
        self, *, state: str, nonce: str, verifier: str, redirect_uri: str, anew: bool = False
    ) -> str:
        """Return where the person signs in."""
        query = {
            "client_id": self._id,
            "redirect_uri": redirect_uri,
            "scope": "read:user user:email",
            "state": state,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._url}/login/oauth/authorize?{urlencode(query)}"

    async def person(self, *, code: str, nonce: str, verifier: str, redirect_uri: str) -> Person:
        """Exchange the code, and ask who it is; only an address that GitHub has verified is worth anything."""
        form = {
            "client_id": self._id,
            "client_secret": self._secret,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        build = self._client.build_request
        accept = {"Accept": "application/json"}
        request = build("POST", f"{self._url}/login/oauth/access_token", data=form, headers=accept)
        token = (await _told(self._client, self.name, request, GithubToken)).access_token
        bearer = accept | {"Authorization": f"Bearer {token}"}
        asked = build("GET", f"{self._api}/user", headers=bearer)
        user = await _told(self._client, self.name, asked, GithubUser)
        asked = build("GET", f"{self._api}/user/emails", headers=bearer)
        emails = await _told(self._client, self.name, asked, list[GithubEmail])
        primary = next((each for each in emails if each.primary), GithubEmail(email=""))
        return Person(
            subject=str(user.id),
            email=primary.email,
            email_verified=primary.verified,
            name=user.name or user.login,
        )


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """Our registration with a provider."""

    client_id: str
    client_secret: str
    issuer: str = "https://accounts.google.com"
    """For OpenID Connect; GitHub needs none."""
    url: str = "https://github.com"
    api: str = "https://api.github.com"
    """For GitHub alone: a GitHub Enterprise server has its own."""


class OutsideProviders:
    """The providers that we are registered with, over one set of connections. Close it with `aclose`."""

    def __init__(self, clients: Mapping[str, Client], *, clock: Callable[[], float] = time.time) -> None:
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S)
        self.by_name: dict[str, IdentityProvider] = {}
        for name, each in clients.items():
            who: dict[str, Any] = {"client_id": each.client_id, "client_secret": each.client_secret}
            if name == "github":
                self.by_name[name] = GithubProvider(**who, client=self._client, url=each.url, api=each.api)
            else:
                self.by_name[name] = OidcProvider(name, issuer=each.issuer, **who, client=self._client, clock=clock)

    @classmethod
    def of(cls, raw: bytes) -> "OutsideProviders":
        """Read the registrations from JSON. Raises `msgspec.MsgspecError`."""
        return cls(msgspec.json.decode(raw, type=dict[Literal["google", "github"], Client]))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
