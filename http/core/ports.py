"""What repti-core talks to, and what its views need besides a request: keys, payment providers, a clock, chance."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from reptidex.connectors.bridge.https import SnsEndpoint
from reptidex.connectors.identity.outside import IdentityProvider
from reptidex.connectors.keys.port import KeyVault, Signer
from reptidex.connectors.payments.port import PaymentGateway
from reptidex.domain.keyed import Keyed
from reptidex.domain.passwords import Hashing
from reptidex.streams.publisher import Publisher
from reptidex.tables.core.address_changes import AddressChange
from reptidex.tables.core.people import User
from reptidex.tables.core.telephones import Telephone


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Close it with `aclose`."""

    vault: KeyVault
    signer: Signer
    keyed: Keyed
    hashing: Hashing
    gateways: Mapping[str, PaymentGateway]
    publisher: Publisher | None
    """None where the process has no connection to the log of its own."""
    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    issuer: str
    access_token_s: int
    service_secrets: Mapping[str, str]
    """By full name (`repti-commerce`)."""
    public_url: str
    nobody: "Nobody"
    outside: Mapping[str, IdentityProvider] = {}
    """Where else one can sign in, by name."""
    returns: tuple[str, ...] = ()
    """Where a sign-in elsewhere may lead back to: addresses of apps."""
    sns: SnsEndpoint | None = None
    """None where no topic of SNS may post here."""
    texts: bool = False
    """Whether texts are sent here."""
    closing: tuple[Any, ...] = ()

    async def aclose(self) -> None:
        """Close what is open."""
        for part in self.closing:
            await part.aclose()


class Nobody(msgspec.Struct, frozen=True, kw_only=True):
    """Stands for a user that does not exist, so that looking them up and opening their seal takes as long."""

    user_id: str
    data_key: bytes
    password_sealed: bytes


def user_context(user_id: str) -> str:
    """Return the context that a person's own key, and all that is sealed under it, is bound to."""
    return f"user:{user_id}"


async def email_of(ports: Ports, user: User, change: AddressChange | None = None) -> str:
    """Return a person's address, or the other one of a `change` of theirs."""
    return await unsealed(ports, user, user.email_sealed if change is None else change.email_sealed)


async def unsealed(ports: Ports, user: User, sealed: bytes) -> str:
    """Return what is sealed under a person's own key; empty where nothing is."""
    if not sealed:
        return ""
    opened = await ports.vault.unseal(sealed, context=user_context(user.user_id), under=user.data_key)
    return opened.decode()


def telephone_code(ports: Ports, row: Telephone) -> str:
    """Return the six digits that are sent to the number that waits: kept nowhere, derived wherever they are needed."""
    secret = ports.keyed.secret("telephone", row.user_id, str(row.generation))
    return f"{int.from_bytes(secret) % 1_000_000:06d}"
