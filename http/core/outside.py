"""Signing in with an account elsewhere. It opens an account, or signs in to one that it was linked to by proof of both.

An address that already has an account is never taken over by somebody whom another provider calls its owner: they sign in as
before, and link the other account while signed in.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.connectors.identity.outside import LEEWAY_S, IdentityProvider, Person
from reptidex.domain.returns import is_registered
from reptidex.errors import InvalidError, NotFoundError, ReptidexError, UnauthenticatedError
from reptidex.http.core import outside_seals
from reptidex.http.core.issuing import Tokens
from reptidex.http.core.outside_mfa import CHALLENGE_S, check_needs_no_second
from reptidex.http.core.outside_people import identity_of, user_of
from reptidex.http.core.outside_return import (
    TO_LINK,
    TO_SIGN_IN,
    LinkCode,
    SignInCode,
    code_until,
    leads_back,
    leads_back_refused,
    refusal_page,
    wants_page,
)
from reptidex.http.core.pages import notice
from reptidex.http.core.ports import Ports
from reptidex.http.core.sign_in import begin_session
from reptidex.http.server.policy import public, signed_in
from reptidex.http.server.routes import Page, Raw, Request, Routes
from reptidex.streams.commands.core import LinkIdentity
from reptidex.streams.core import How as SignedInBy

routes = Routes("sign-in elsewhere")

VALID_S = 600
_PURPOSE = "state"


class Begun(outside_seals.InBrowser, frozen=True, kw_only=True):
    """A sign-in that was begun."""

    link: str = ""
    """The person who is signed in and wants to link the account; empty for a sign-in."""
    session: str = ""
    """The session in which they are."""
    anew: bool = False
    """Whether the provider was asked to have the person prove anew who they are."""
    return_to: str = ""
    """The app that began, and is led back to."""
    challenge: str = ""
    to_link: bool = False
    """Whether the app wants to link the account to that of somebody who is signed in to it."""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that one can sign in with."""

    provider: str


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person goes on."""

    url: str


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How to sign in."""

    anew: bool = False
    """Have the provider ask who it is even where somebody is signed in there, as acts that need a recent sign-in do."""
    return_to: Annotated[str, Meta(max_length=300)] = ""
    """The registered address of the app that the browser is led back to, with a `code` or an `error`."""
    code_challenge: Annotated[str, Meta(pattern=r"^([A-Za-z0-9_-]{43})?$(?!\n)")] = ""
    """The SHA-256 of the app's verifier, base64url (S256, RFC 7636): the app alone can exchange the code."""
    link: bool = False
    """Only prove who it is; the code is then good for `POST /auth/identities/{provider}`."""


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider's redirect brings."""

    code: Annotated[str, Meta(max_length=2048)] = ""
    state: Annotated[str, Meta(max_length=2048)] = ""
    error: Annotated[str, Meta(max_length=255)] = ""


@routes.get("/auth/outside", policy=public())
async def list_providers(request: Request[None, None]) -> Page[Offered]:
    """List the providers that one can sign in with."""
    return Page(items=[Offered(provider=name) for name in request.ports.outside])


@routes.get("/auth/outside/{provider}", policy=public(cost=5), status=302, errors=(404, 422))
async def begin_outside(request: Request[None, How]) -> Raw:
    """Send the browser to the provider; an app gives its `return_to` and a `code_challenge`."""
    asked = request.query
    _check_app(request.ports, asked)
    try:
        url, cookie = await _begin(request, asked)
    except ReptidexError as refused:
        if not asked.return_to or not refused.retriable:
            raise
        return leads_back_refused(asked.return_to, refused)
    return Raw(body=b"", content_type="text/plain", status=302, headers={"Location": url, **cookie})


@routes.post("/auth/outside/{provider}/link", policy=signed_in(recent=True, cost=5), errors=(404,))
async def begin_linking(request: Request[None, None]) -> Raw:
    """Begin to link an account elsewhere to one's own; answers the address to go to as `url`."""
    url, cookie = await _begin(request, How(), link=request.caller.subject, session=request.caller.session_id)
    return Raw(body=msgspec.json.encode(Where(url=url)), content_type="application/json", headers=cookie)


@routes.get("/auth/outside/{provider}/callback", policy=public(cost=10), errors=(401, 404, 409), kept=False)
async def finish_outside(request: Request[None, Back]) -> Tokens | Raw:
    """Take the person back from the provider: sign in, open an account, or link the accounts.

    401 with the title *A second factor is needed* brings a `challenge`: `POST /auth/outside/{provider}/mfa` takes it with a code.

    The browser of an app that gave its `return_to` is led back there (303) with `error` or with `code`, which is for
    `POST /auth/outside/{provider}/token`; any other browser (`Accept: text/html`) is shown a page, and no token.
    """
    begun = outside_seals.read_here(request, _PURPOSE, request.query.state, Begun)
    if begun is not None and begun.return_to:
        return await _to_app(request, begun)
    return await _to_person(request, begun) if wants_page(request) else await _to_program(request, begun)


async def _to_program(request: Any, begun: Begun | None) -> Tokens:
    begun, how, person = await _proved(request, begun)
    if begun.link:
        await _link(request, begun, person)
        return await begin_session(request, begun.link, how=how, continues=begun.session)
    user_id = await user_of(request, how, person)
    await check_needs_no_second(request, how, begun.nonce, user_id)
    return await begin_session(request, user_id, how=how, signed_in_at=person.signed_in_at)


async def _to_person(request: Any, begun: Begun | None) -> Raw:
    """Tell a person in words. Nobody has asked for tokens: what was proved opens an account, or links it, and that is all."""
    try:
        begun, how, person = await _proved(request, begun)
        if begun.link:
            await _link(request, begun, person)
            return notice(title="The accounts are linked", text=f"you can sign in with {how} from now on")
        await user_of(request, how, person)
    except ReptidexError as refused:
        return refusal_page(refused)
    return notice(
        title="Go back to your application",
        text=f"{how} has said who you are, and you have an account here; sign in from the application that you use",
    )


async def _to_app(request: Any, begun: Begun) -> Raw:
    ports: Ports = request.ports
    facts: Any = {"provider": begun.provider, "until": code_until(ports), "challenge": begun.challenge}
    try:
        _, how, person = await _proved(request, begun)
        if begun.to_link:
            linked = LinkCode(identity=identity_of(ports, how, person), **facts)
            return leads_back(begun.return_to, code=outside_seals.write(ports, TO_LINK, linked))
        code = SignInCode(
            user_id=await user_of(request, how, person),
            session_id=request.new_id(),
            signed_in_at=person.signed_in_at,
            **facts,
        )
    except ReptidexError as refused:
        return leads_back_refused(begun.return_to, refused)
    return leads_back(begun.return_to, code=outside_seals.write(ports, TO_SIGN_IN, code))


async def _proved(request: Any, begun: Begun | None) -> tuple[Begun, SignedInBy, Person]:
    """Return who has come back from the provider, and how it was begun. Raises `UnauthenticatedError`."""
    ports: Ports = request.ports
    provider = _provider(request)
    if begun is None:
        raise UnauthenticatedError("this sign-in was not begun in this browser, or too long ago; begin anew")
    if request.query.error or not request.query.code:
        raise UnauthenticatedError(f"the sign-in with {provider.name} was called off")
    person = await provider.person(
        code=request.query.code,
        nonce=begun.nonce,
        verifier=_verifier(ports, begun.nonce),
        redirect_uri=_callback(ports, provider.name),
    )
    _check_anew(ports, begun, person)
    how: SignedInBy = provider.name  # type: ignore[assignment]  # the contracts know both of them
    return begun, how, person


async def _link(request: Any, begun: Begun, person: Person) -> None:
    identity = identity_of(request.ports, begun.provider, person)
    await request.tell(
        LinkIdentity(user_id=begun.link, identity=identity, provider=begun.provider, session_id=begun.session)
    )


def _check_app(ports: Ports, asked: How) -> None:
    """Check that an app said who it is. Raises `InvalidError`: nobody is led to an address that is not known."""
    if asked.return_to and not is_registered(asked.return_to, ports.returns):
        raise InvalidError("this is not the address of an app that is registered here", "/return_to")
    if bool(asked.return_to) != bool(asked.code_challenge):
        raise InvalidError("an app gives its `return_to` and a `code_challenge` (S256)", "/code_challenge")
    if asked.link and not asked.return_to:
        raise InvalidError("without an app, `POST /auth/outside/{provider}/link` begins to link", "/link")


def _check_anew(ports: Ports, begun: Begun, person: Person) -> None:
    """Check that whoever was to prove anew who they are has done so (OpenID Connect Core 1.0, section 3.1.3.7, 13)."""
    began = begun.until - VALID_S
    if begun.anew and (person.signed_in_at is None or person.signed_in_at + LEEWAY_S < began):
        raise UnauthenticatedError(f"{begun.provider} does not say that you have signed in there anew")


def _provider(request: Any) -> IdentityProvider:
    name = request.path["provider"]
    found: IdentityProvider | None = request.ports.outside.get(name)
    if found is None:
        raise NotFoundError("provider", name)
    return found


def _callback(ports: Ports, provider: str) -> str:
    return f"{ports.public_url}/auth/outside/{provider}/callback"


def _verifier(ports: Ports, nonce: str) -> str:
    return ports.keyed.secret("pkce", nonce).hex()


async def _begin(request: Any, asked: How, *, link: str = "", session: str = "") -> tuple[str, dict[str, str]]:
    ports: Ports = request.ports
    provider = _provider(request)
    if asked.anew and not provider.asks_anew:
        raise InvalidError(f"{provider.name} cannot be asked to sign anybody in anew", "/anew")
    nonce = ports.entropy(24).hex()
    begun = Begun(
        provider=provider.name,
        nonce=nonce,
        until=int(ports.clock().timestamp()) + VALID_S,
        link=link,
        session=session,
        anew=asked.anew,
        return_to=asked.return_to,
        challenge=asked.code_challenge,
        to_link=asked.link,
    )
    url = await provider.authorisation_url(
        state=outside_seals.write(ports, _PURPOSE, begun),
        nonce=nonce,
        verifier=_verifier(ports, nonce),
        redirect_uri=_callback(ports, provider.name),
        anew=asked.anew,
    )
    cookie = outside_seals.cookie_for(ports, nonce, VALID_S + CHALLENGE_S)
    return url, {"Set-Cookie": cookie, "Cache-Control": "no-store"}
