"""What repti-core can be asked to do for people: accounts, sessions, second factors, keys. Billing stands in `core_billing`.

Nothing private stands bare in a command: addresses, password hashes and TOTP secrets come sealed, tokens as digests.
"""

from datetime import datetime
from typing import Literal

import msgspec

from reptidex.streams.contract import Command, command
from reptidex.streams.core import EndReason, How


@command(key="address_hash")
class RegisterUser(Command, frozen=True, kw_only=True):
    """Open an account with its personal vivarium; refused where the address is taken. One writer per address."""

    address_hash: str
    user_id: str
    vivarium_id: str
    subscription_id: str
    data_key: bytes
    email_sealed: bytes
    password_sealed: bytes
    display_name: str
    locale: str
    how: How = "password"
    confirmed: bool = False
    """The identity provider vouches for the address."""
    identity: str = ""


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """Answers `RegisterUser`."""

    user_id: str
    vivarium_id: str


@command(key="address_hash")
class GrantAdmin(Command, frozen=True, kw_only=True):
    """Give the holder of an address scopes of the platform (`admin`), or take them away (no scopes)."""

    address_hash: str
    scopes: tuple[str, ...] = ("admin",)
    by: str = "operator"


@command(key="user_id")
class ConfirmAddress(Command, frozen=True, kw_only=True):
    """Note that a person opened the link sent to their address."""

    user_id: str
    generation: int


@command(key="user_id")
class ResendConfirmation(Command, frozen=True, kw_only=True):
    """Send the confirmation once more. Does nothing for an unknown or confirmed person, or too soon."""

    user_id: str


@command(key="user_id")
class RequestReset(Command, frozen=True, kw_only=True):
    """Send a link with which a person sets a new password. Does nothing for an unknown person, or too soon."""

    user_id: str


@command(key="user_id")
class SetPassword(Command, frozen=True, kw_only=True):
    """Set a new password and end every session but the one kept. `generation` proves the link of a reset."""

    user_id: str
    password_sealed: bytes
    generation: int | None = None
    keep_session_id: str = ""


@command(key="user_id")
class RehashPassword(Command, frozen=True, kw_only=True):
    """Keep the same password under today's cost of hashing. Does nothing where it was changed meanwhile."""

    user_id: str
    old_sealed: bytes
    password_sealed: bytes


@command(key="user_id")
class LinkIdentity(Command, frozen=True, kw_only=True):
    """Let a person also sign in with an account at an identity provider."""

    user_id: str
    identity: str
    provider: str
    session_id: str = ""
    """The session that the linking was begun in; nothing is linked once it has ended."""


@command(key="user_id")
class StartSession(Command, frozen=True, kw_only=True):
    """Begin a session for somebody who proved who they are; second factors are spent here, so that none works twice."""

    user_id: str
    session_id: str
    token_hash: str
    device: str = ""
    ip_prefix: str = ""
    how: How = "password"
    mfa_step: int | None = None
    recovery_hash: str = ""
    signed_in_at: int | None = None
    """When the person proved who they are (Unix seconds), as an identity provider says; None: now, as with a second factor."""
    continues: str = ""
    """A session in which the person is signed in, with every factor that the account asks for. The new one is no fresh
    sign-in: it began when that one did."""


class Sessioned(msgspec.Struct, frozen=True, kw_only=True):
    """Answers `StartSession`, `RefreshSession` and `SwitchVivarium`."""

    outcome: Literal["good", "reused", "refused"]
    user_id: str = ""
    session_id: str = ""
    vivarium_id: str = ""
    expires_at: datetime | None = None


@command(key="user_id")
class RefreshSession(Command, frozen=True, kw_only=True):
    """Exchange a session's refresh token for its successor; a token that was spent before ends the session."""

    user_id: str
    session_id: str
    token_hash: str
    next_hash: str
    device: str = ""
    ip_prefix: str = ""


@command(key="user_id")
class EndSession(Command, frozen=True, kw_only=True):
    """End one session, or all of a person (`session_id` empty)."""

    user_id: str
    session_id: str = ""
    reason: EndReason = "logout"


@command(key="user_id")
class ForgetSession(Command, frozen=True, kw_only=True):
    """Drop a session that ran out, with its spent tokens."""

    user_id: str
    session_id: str


@command(key="user_id")
class SwitchVivarium(Command, frozen=True, kw_only=True):
    """Let a session speak for another vivarium that the person belongs to."""

    user_id: str
    session_id: str
    vivarium_id: str


@command(key="user_id")
class EnrolMfa(Command, frozen=True, kw_only=True):
    """Keep the secret of an authenticator that has yet to show a code."""

    user_id: str
    secret_sealed: bytes


@command(key="user_id")
class ConfirmMfa(Command, frozen=True, kw_only=True):
    """Turn the second factor on after the authenticator showed the right code."""

    user_id: str
    step: int
    recovery_hashes: tuple[str, ...]


@command(key="user_id")
class DisableMfa(Command, frozen=True, kw_only=True):
    """Turn the second factor off; a code proves that it is still held, or a recovery code that it was lost."""

    user_id: str
    step: int | None = None
    recovery_hash: str = ""


@command(key="user_id")
class CreateApiKey(Command, frozen=True, kw_only=True):
    """Make a key for a program."""

    user_id: str
    vivarium_id: str
    key_id: str
    name: str
    scopes: tuple[str, ...]
    secret_hash: str
    expires_at: datetime | None = None


@command(key="user_id")
class RevokeApiKey(Command, frozen=True, kw_only=True):
    """Make a key worthless."""

    user_id: str
    key_id: str


@command(key="user_id")
class DeleteUser(Command, frozen=True, kw_only=True):
    """Delete an account: the person's own key goes, and with it everything that was sealed under it."""

    user_id: str
    reason: Literal["requested", "erasure", "abuse"] = "requested"
    request_id: str | None = None
