"""Opening an account and confirming its address."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.addresses import normal_address
from reptidex.errors import InvalidError
from reptidex.http.core.pages import page
from reptidex.http.core.ports import Ports, user_context
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Raw, Request, Routes
from reptidex.streams.commands.core import ConfirmAddress, Registered, RegisterUser, ResendConfirmation
from reptidex.streams.values import Language
from reptidex.tables.core.people import Address, User

routes = Routes("registration")

Email = Annotated[str, Meta(min_length=3, max_length=254)]
Password = Annotated[str, Meta(max_length=1024)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Token = Annotated[str, Meta(min_length=20, max_length=200)]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants an account."""

    email: Email
    password: Password
    display_name: Name
    locale: Language = "en"


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was opened; it can be used once its address is confirmed."""

    user_id: str
    vivarium_id: str
    confirmed: bool = False


class AddressBody(msgspec.Struct, frozen=True, kw_only=True):
    """An address."""

    email: Email


class TokenBody(msgspec.Struct, frozen=True, kw_only=True):
    """The token of a mail's link."""

    token: Token


class TokenQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The token of a mail's link."""

    token: Token


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, in a sentence for a person."""

    said: str


def check_name(text: str, pointer: str = "/display_name") -> str:
    """Return a name without blanks around it. Raises `InvalidError` where nothing is left, or it has control characters."""
    name = text.strip()
    if not name or not name.isprintable():
        raise InvalidError("a name has visible characters", pointer)
    return name


@routes.post("/auth/register", policy=public(cost=10), status=201, errors=(409, 422))
async def register(request: Request[NewAccount, None]) -> AccountView:
    """Open an account with its personal vivarium. The address gets a mail with the link that confirms it."""
    ports: Ports = request.ports
    body = request.body
    address, name = normal_address(body.email), check_name(body.display_name)
    await ports.hashing.check_strength(body.password, (address, name))
    encoded = await ports.hashing.hash(body.password)
    user_id = request.new_id()
    context = user_context(user_id)
    own_key = await ports.vault.new_key(context)
    command = RegisterUser(
        address_hash=ports.keyed.address_hash(address),
        user_id=user_id,
        vivarium_id=request.new_id(),
        subscription_id=request.new_id(),
        data_key=own_key,
        email_sealed=await ports.vault.seal(address.encode(), context=context, under=own_key),
        password_sealed=await ports.vault.seal(encoded.encode(), context=context, under=own_key),
        display_name=name,
        locale=body.locale,
    )
    made = await request.ask(command, Registered)
    return AccountView(user_id=made.user_id, vivarium_id=made.vivarium_id)


@routes.get("/auth/confirm", policy=public(), errors=(422,))
async def confirmation_page(request: Request[None, TokenQuery]) -> Raw:
    """Show the button that confirms: a link alone would be opened by mail scanners as well."""
    _confirmed(request, request.query.token)
    return page(
        title="Confirm your address",
        text="One more step: press the button, and your account is open.",
        button="Confirm",
        action="/auth/confirm",
        token=request.query.token,
    )


@routes.post("/auth/confirm", policy=public(cost=2), errors=(422,))
async def confirm(request: Request[TokenBody, None]) -> Said:
    """Confirm an address with the token of the link that was sent to it."""
    await request.tell(_confirmed(request, request.body.token))
    return Said(said="your address is confirmed; you can sign in now")


def _confirmed(request: Any, token: str) -> ConfirmAddress:
    ports: Ports = request.ports
    link = ports.keyed.read_link("confirm", token)
    if link is None:
        raise InvalidError("this is no confirmation link of ours; copy the whole of it", "/token")
    return ConfirmAddress(user_id=link.user_id, generation=link.generation)


@routes.post("/auth/confirm/resend", policy=public(cost=10), status=202)
async def resend_confirmation(request: Request[AddressBody, None]) -> Said:
    """Send the confirmation once more. The answer is the same for every address."""
    await request.tell(ResendConfirmation(user_id=await known_user(request, request.body.email)))
    return Said(said="if this address waits to be confirmed, a mail is on its way")


async def known_user(request: Any, email: str) -> str:
    """Return the id of the person with an address; for an unknown one an id that nobody has, so that all goes on alike."""
    ports: Ports = request.ports
    user = await holder(request, ports.keyed.address_hash(normal_address(email)))
    return user.user_id if user is not None else ports.nobody.user_id


async def holder(request: Any, address_hash: str) -> User | None:
    """Return the person whose address it is, by the same look-ups where it is nobody's.

    An address that was changed for another stays taken for a while, and is nobody's.
    """
    claimed: Address | None = await request.read.get(Address, address_hash)
    user: User | None = await request.read.get(User, claimed.user_id if claimed else request.ports.nobody.user_id)
    return user if user is not None and user.address_hash == address_hash else None
