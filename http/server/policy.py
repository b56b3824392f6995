"""Who may call a route. A route without a policy cannot be written; what a policy lets through is a `Caller`."""

from typing import Literal

import msgspec

Role = Literal["keeper", "handler", "curator", "herpetologist"]
RANK: dict[str, int] = {"keeper": 1, "handler": 2, "curator": 3, "herpetologist": 4}
"""Roles of a member within a vivarium, weakest first (Viewer, Editor, Admin, Owner)."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, as a verified token says."""

    kind: Literal["anonymous", "user", "service"]
    subject: str = ""
    """The user id, or the service's name (`repti-commerce`)."""
    vivarium_id: str = ""
    """The tenant that the token speaks for; empty for services and anonymous callers."""
    role: str = ""
    session_id: str = ""
    scopes: tuple[str, ...] = ()
    """`admin` for platform administrators; what an API key may do."""
    token: str = ""
    proved_at: int = 0
    """When the person signed in, in Unix seconds; refreshing a token changes nothing of it. 0 where that is not known."""
    via: str = ""
    """`api_key` where no session but an API key stands behind the caller."""

    @property
    def actor(self) -> str | None:
        """The CloudEvents `actor` of what this caller causes."""
        return f"{self.kind}:{self.subject}" if self.subject else None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller must be. `anyone` needs no token, and is given the caller's identity where a valid token came along."""

    anyone: bool = False
    role: str = ""
    """The least role in the token's vivarium; the view still checks that the object belongs to `caller.vivarium_id`."""
    signed_in: bool = False
    services: tuple[str, ...] = ()
    scope: str = ""
    recent: bool = False
    """Whether a person must have signed in lately (`Settings.recent_sign_in_s`): for what gives lasting access to an account,
    takes a lock off it, or cannot be undone, so that a token which was found or left open is not enough."""
    cost: int = 1
    """How much of the caller's rate limit one call takes."""


def public(*, cost: int = 1) -> Policy:
    """Let anybody in."""
    return Policy(anyone=True, cost=cost)


def signed_in(*, recent: bool = False, cost: int = 1) -> Policy:
    """Let in any signed-in user; with `recent` only after a sign-in of late."""
    return Policy(signed_in=True, recent=recent, cost=cost)


def member(role: Role, *, services: tuple[str, ...] = (), cost: int = 1) -> Policy:
    """Let in members of the token's vivarium with at least this role (and the services named)."""
    return Policy(role=role, services=services, cost=cost)


def services(*names: str) -> Policy:
    """Let in only these services of ours (`repti-commerce`)."""
    return Policy(services=names)


def scope(name: str, *, services: tuple[str, ...] = ()) -> Policy:
    """Let in users whose token carries this scope (`admin`)."""
    return Policy(scope=name, services=services)
