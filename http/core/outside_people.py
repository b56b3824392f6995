"""Who somebody is here whom a provider vouches for: known already, or the owner of an account that is opened now."""

from typing import Any

from reptidex.connectors.identity.outside import Person
from reptidex.domain.addresses import normal_address
from reptidex.errors import DomainError, InvalidError
from reptidex.http.core.ports import Ports, user_context
from reptidex.streams.commands.core import Registered, RegisterUser
from reptidex.streams.core import How
from reptidex.tables.core.people import Address, Identity

NAMELESS = "Keeper"
"""How a person is shown whose provider gives no name; their address is nobody's business."""


class LinkFirstError(DomainError):
    """The address has an account, and the account elsewhere is not linked to it."""

    title = "Link the accounts first"

    def __init__(self, provider: str) -> None:
        super().__init__(
            f"this address has an account already; sign in to it as before, and link your {provider} account there"
        )
        self.provider = provider


def identity_of(ports: Ports, provider: str, person: Person) -> str:
    """Return the key of an account at a provider."""
    return f"{provider}/{ports.keyed.secret('identity', provider, person.subject).hex()}"


async def user_of(request: Any, how: How, person: Person) -> str:
    """Return the id of the person whose account this is linked to, after opening one where there is none.

    Raises `LinkFirstError`, and `InvalidError` where the provider does not vouch for an address.
    """
    identity = identity_of(request.ports, how, person)
    known = await request.read.get(Identity, identity)
    return known.user_id if known is not None else await _open_account(request, how, identity, person)


async def _open_account(request: Any, how: How, identity: str, person: Person) -> str:
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
