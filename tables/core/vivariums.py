"""Vivariums, who belongs to them, and the public profiles of both. The single writer is the vivarium's (the profile's) id."""

from datetime import datetime

from reptidex.tables.row import Row, stored


def membership_id(vivarium_id: str, user_id: str) -> str:
    """Return the key of a membership."""
    return f"{vivarium_id}/{user_id}"


@stored("vivariums", key="vivarium_id", indexes=(("owner_id", "vivarium_id"),))
class Vivarium(Row, frozen=True, kw_only=True):
    """A tenant: a person's own collection, or a business."""

    vivarium_id: str
    name: str
    kind: str
    owner_id: str
    """Who opened it; owning is said by memberships."""
    status: str
    created_at: datetime
    plan: str = "hobbyist"


@stored("memberships", key="membership_id", indexes=(("user_id", "membership_id"), ("vivarium_id", "membership_id")))
class Membership(Row, frozen=True, kw_only=True):
    """Somebody's role in a vivarium."""

    membership_id: str
    vivarium_id: str
    user_id: str
    role: str
    added_at: datetime
    added_by: str | None = None


@stored("lowered_roles", key="lowered_id", indexes=(("lowered_at",),))
class LoweredRole(Row, frozen=True, kw_only=True):
    """A role that was taken or lowered lately: access tokens from before say more than is so. The key is the membership's."""

    lowered_id: str
    vivarium_id: str
    user_id: str = ""
    """Empty: everybody's in the vivarium."""
    lowered_at: datetime


@stored("profiles", key="profile_id", indexes=(("slug",),))
class Profile(Row, frozen=True, kw_only=True):
    """What the public may read of a person or a vivarium."""

    profile_id: str
    kind: str
    vivarium_id: str
    display_name: str
    slug: str = ""
    bio: str = ""
    location: str = ""
    website: str = ""
    avatar_file_id: str | None = None
    visibility: str = "public"
    updated_at: datetime
