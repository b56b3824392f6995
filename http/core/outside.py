"""Signing in with an account elsewhere. It opens an account, or signs in to one that it was linked to by proof of both.

An address that already has an account is never taken over by somebody whom another provider calls its owner: they sign in as
before, and link the other account while signed in.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from reptidex.connectors.identity.outside import LEEWAY_S, IdentityProvider, Person
from reptidex.domain.addresses import normal_address
from reptidex.errors import DomainError, InvalidError, NotFoundError, UnauthenticatedError
from reptidex.http.core import outside_seals
from reptidex.http.core.issuing import Tokens
from reptidex.http.core.outside_mfa import CHALLENGE_S, check_needs_no_second
from reptidex.http.core.ports import Ports, user_context
from reptidex.http.core.sign_in import begin_session
from reptidex.http.server.policy import public, signed_in
from reptidex.http.server.routes import Page, Raw, Request, Routes
from reptidex.streams.commands.core import LinkIdentity, Registered, RegisterUser
from reptidex.tables.core.people import Address, Identity

routes = Routes("sign-in elsewhere")

VALID_S = 600
NAMELESS = "Keeper"
"""How a person is shown whose provider gives no name; their address is nobody's business."""
_PURPOSE = "state"


class Begun(outside_seals.InBrowser, frozen=True, kw_only=True):
    """A sign-in that was begun."""

    link: str = ""
    """The person who is signed in and wants to link the account; empty for a sign-in."""
    session: str = ""
    """The session in which they are."""
    anew: bool = False
    """Whether the provider was asked to have the person prove anew who they are."""


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


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider's redirect brings."""

    code: Annotated[str, Meta(max_length=2048)] = ""
    state: Annotated[str, Meta(max_length=2048)] = ""
    error: Annotated[str, Meta(max_length=255)] = ""


class LinkFirstError(DomainError):
    """The address has an account, and the account elsewhere is not linked to it."""

    title = "Link the accounts first"

    def __init__(self, provider: str) -> None:
        super().__init__(
            f"this address has an account already; sign in to it as before, and link your {provider} account there"
        )
        self.provider = provider


@routes.get("/auth/outside", policy=public())
async def list_providers(request: Request[None, None]) -> Page[Offered]:
    """List the providers that one can sign in with."""
    return Page(items=[Offered(provider=name) for name in request.ports.outside])


@routes.get("/auth/outside/{provider}", policy=public(cost=5), errors=(404, 422))
async def begin_outside(request: Request[None, How]) -> Raw:
    """Send the browser to the provider."""
    url, cookie = await _begin(request, anew=request.query.anew)
    return Raw(body=b"", content_type="text/plain", status=302, headers={"Location": url, **cookie})


@routes.post("/auth/outside/{provider}/link", policy=signed_in(recent=True, cost=5), errors=(404,))
async def begin_linking(request: Request[None, None]) -> Raw:
    """Begin to link an account elsewhere to one's own; answers the address to go to as `url`."""
    url, cookie = await _begin(request, link=request.caller.subject, session=request.caller.session_id)
    return Raw(body=msgspec.json.encode(Where(url=url)), content_type="application/json", headers=cookie)


@routes.get("/auth/outside/{provider}/callback", policy=public(cost=10), errors=(401, 404, 409))
async def finish_outside(request: Request[None, Back]) -> Tokens:
    """Take the person back from the provider: sign in, open an account, or link the accounts.

    401 with the title *A second factor is needed* brings a `challenge`: `POST /auth/outside/{provider}/mfa` takes it with a code.
    """
    ports: Ports = request.ports
    provider = _provider(request)
    begun = outside_seals.read_here(request, _PURPOSE, request.query.state, Begun)
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
    identity = f"{provider.name}/{ports.keyed.secret('identity', provider.name, person.subject).hex()}"
    how: Any = provider.name
    if begun.link:
        linking = LinkIdentity(user_id=begun.link, identity=identity, provider=provider.name, session_id=begun.session)
        await request.tell(linking)
        return await begin_session(request, begun.link, how=how, continues=begun.session)
    known = await request.read.get(Identity, identity)
    if known is not None:
        await check_needs_no_second(request, how, begun.nonce, known.user_id)
        return await begin_session(request, known.user_id, how=how, signed_in_at=person.signed_in_at)
    opened = await _open_account(request, how, identity, person)
    return await begin_session(request, opened, how=how, signed_in_at=person.signed_in_at)


def _check_anew(ports: Ports, begun: Begun, person: Person) -> None:
    """Check that whoever was to prove anew who they are has done so (OpenID Connect Core 1.0, section 3.1.3.7, 13)."""
    began = begun.until - VALID_S
    if begun.anew and (person.signed_in_at is None or person.signed_in_at + LEEWAY_S < began):
        raise UnauthenticatedError(f"{begun.provider} does not say that you have signed in there anew")


async def _open_account(request: Any, how: Literal["google", "github"], identity: str, person: Person) -> str:
    ports: Ports = request.ports
    if not person.email or not person.email_verified:
        raise InvalidError(f"{how} does not vouch for an e-mail address of yours; register with a password instead")
    address = normal_address(person.email)
    if address.partition("@")[0] != person.email.strip().rpartition("@")[0].lower():
        # What somebody types may be read kindly, what is vouched for may not: it would be another's mailbox.
        raise InvalidError(f"{how} names an e-mail address that we cannot write to; register with a password instead")
    address_hash = ports.keyed.address_hash(address)
    if await request.read.get(Address, address_hash) is not None:
        raise LinkFirstError(how)
    user_id = request.new_id()
    own_key = await ports.vault.new_key(user_context(user_id))
    sealed = await ports.vault.seal(address.encode(), context=user_context(user_id), under=own_key)
    made = await request.ask(
        RegisterUser(
            address_hash=address_hash,
            user_id=user_id,
            vivarium_id=request.new_id(),
            subscription_id=request.new_id(),
            data_key=own_key,
            email_sealed=sealed,
            password_sealed=b"",
            display_name=_shown_name(person.name) or NAMELESS,
            locale="en",
            how=how,
            confirmed=True,
            identity=identity,
        ),
        Registered,
    )
    opened: str = made.user_id
    return opened


def _shown_name(text: str) -> str:
    """Return a name that another provider gives as we would take it: one line of visible characters."""
    return "".join(mark if mark.isprintable() else " " for mark in text).strip()[:100]


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


async def _begin(request: Any, *, link: str = "", session: str = "", anew: bool = False) -> tuple[str, dict[str, str]]:
    ports: Ports = request.ports
    provider = _provider(request)
    if anew and not provider.asks_anew:
        raise InvalidError(f"{provider.name} cannot be asked to sign anybody in anew", "/anew")
    nonce = ports.entropy(24).hex()
    until = int(ports.clock().timestamp()) + VALID_S
    begun = Begun(provider=provider.name, nonce=nonce, until=until, link=link, session=session, anew=anew)
    url = await provider.authorisation_url(
        state=outside_seals.write(ports, _PURPOSE, begun),
        nonce=nonce,
        verifier=_verifier(ports, nonce),
        redirect_uri=_callback(ports, provider.name),
        anew=anew,
    )
    cookie = outside_seals.cookie_for(ports, nonce, VALID_S + CHALLENGE_S)
    return url, {"Set-Cookie": cookie, "Cache-Control": "no-store"}
