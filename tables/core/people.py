"""People: accounts, the addresses they hold, their sessions and keys.

Single writers: `Address` and `Grant` by the address's keyed hash, everything else here by the user's id.
"""

from datetime import datetime
from typing import Literal

from reptidex.tables.row import Row, stored

UserStatus = Literal["active", "suspended", "deleted"]


@stored("addresses", key="address_hash", indexes=(("user_id",),))
class Address(Row, frozen=True, kw_only=True):
    """Which account an e-mail address belongs to; the address itself is not here."""

    address_hash: str
    user_id: str
    claimed_at: datetime


@stored("users", key="user_id", indexes=(("status", "user_id"),), unique=(("address_hash",),))
class User(Row, frozen=True, kw_only=True):
    """An account. What is sealed opens with `data_key` only, and that is deleted when the person is."""

    user_id: str
    address_hash: str
    data_key: bytes
    """The person's own key, wrapped by the vault: the only copy."""
    email_sealed: bytes
    password_sealed: bytes
    """The Argon2id hash, sealed; empty where the person signs in with an identity provider only."""
    display_name: str
    locale: str
    how: str
    status: UserStatus
    personal_vivarium_id: str
    created_at: datetime
    confirmed_at: datetime | None = None
    confirm_generation: int = 1
    confirm_sent_at: datetime
    reset_generation: int = 0
    reset_asked_at: datetime | None = None
    reset_open: bool = False
    mfa_on: bool = False
    mfa_sealed: bytes = b""
    mfa_step: int = 0
    """The last time step whose code was used: no code works twice."""
    recovery_hashes: tuple[str, ...] = ()


@stored("sessions", key="session_id", indexes=(("user_id", "session_id"), ("revoked_at",)))
class Session(Row, frozen=True, kw_only=True):
    """A signed-in device. Its refresh tokens are one family: a repeat of a used one ends the session."""

    session_id: str
    user_id: str
    vivarium_id: str
    """The vivarium that its access tokens speak for."""
    device: str
    ip_prefix: str
    how: str
    started_at: datetime
    """When the person proved who they are: the `auth_time` of its access tokens."""
    seen_at: datetime
    expires_at: datetime
    idle_until: datetime
    rotation: int = 0
    token_hash: str
    """Of the one refresh token that is good now."""
    revoked_at: datetime | None = None
    reason: str = ""

    def is_live(self, now: datetime) -> bool:
        """Tell whether it has neither been ended nor run out."""
        return self.revoked_at is None and now < min(self.expires_at, self.idle_until)


@stored("spent_tokens", key="token_hash", indexes=(("session_id",),))
class SpentToken(Row, frozen=True, kw_only=True):
    """A refresh token that was exchanged for its successor."""

    token_hash: str
    session_id: str
    spent_at: datetime


@stored("api_keys", key="key_id", indexes=(("user_id", "key_id"), ("vivarium_id", "key_id")))
class ApiKey(Row, frozen=True, kw_only=True):
    """A key with which a program acts for a member of a vivarium."""

    key_id: str
    user_id: str
    vivarium_id: str
    name: str
    scopes: tuple[str, ...]
    secret_hash: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@stored("grants", key="address_hash")
class Grant(Row, frozen=True, kw_only=True):
    """Scopes of the platform that the holder of an address has (`admin`)."""

    address_hash: str
    scopes: tuple[str, ...]
    granted_at: datetime
    granted_by: str


@stored("identities", key="identity", indexes=(("user_id",),))
class Identity(Row, frozen=True, kw_only=True):
    """A person's account at an identity provider, linked after proof. The key is `<provider>/<keyed hash of its subject>`."""

    identity: str
    provider: str
    user_id: str
    linked_at: datetime
