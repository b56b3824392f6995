"""Public profiles of people and vivariums."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.errors import NotFoundError
from reptidex.http.core.registration import check_name
from reptidex.http.core.vivariums import own_role
from reptidex.http.server.policy import public, signed_in
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.core_vivariums import ChangeProfile
from reptidex.streams.values import Id
from reptidex.tables.core.vivariums import Profile

routes = Routes("profiles")


class ProfileBody(msgspec.Struct, frozen=True, kw_only=True):
    """What changes; what is left out stays."""

    display_name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    slug: Annotated[str, Meta(pattern=r"^[a-z0-9](-?[a-z0-9]){2,39}$(?!\n)")] | None = None
    """The name in addresses: lower-case letters, digits and single dashes."""
    bio: Annotated[str, Meta(max_length=2000)] | None = None
    location: Annotated[str, Meta(max_length=100)] | None = None
    website: Annotated[str, Meta(max_length=200, pattern=r"^(https?://\S+)?$(?!\n)")] | None = None
    avatar_file_id: Id | None = None
    visibility: Literal["private", "public"] | None = None


class ProfileView(msgspec.Struct, frozen=True, kw_only=True):
    """A profile."""

    profile_id: str
    kind: str
    vivarium_id: str
    display_name: str
    slug: str
    bio: str
    location: str
    website: str
    avatar_file_id: str | None = None
    visibility: str
    updated_at: datetime


def _command(profile_id: str, body: ProfileBody) -> ChangeProfile:
    given = msgspec.structs.asdict(body)
    if body.display_name is not None:
        given["display_name"] = check_name(body.display_name)
    return ChangeProfile(profile_id=profile_id, **given)


@routes.get("/profile", policy=signed_in(), errors=(404,))
async def own_profile(request: Request[None, None]) -> ProfileView:
    """Return one's own profile."""
    found = await request.read.need(Profile, request.caller.subject)
    return msgspec.convert(found, ProfileView, from_attributes=True)


@routes.put("/profile", policy=signed_in(), errors=(409,))
async def change_own_profile(request: Request[ProfileBody, None]) -> ProfileView:
    """Change one's own profile."""
    return await request.ask(_command(request.caller.subject, request.body), ProfileView)


@routes.get("/profiles/{profile_id}", policy=public(), errors=(404,))
async def get_profile(request: Request[None, None]) -> ProfileView:
    """Return a profile that is public, or one's own."""
    profile_id = request.path["profile_id"]
    found = await request.read.get(Profile, profile_id)
    mine = found is not None and found.profile_id in (request.caller.subject, request.caller.vivarium_id)
    if found is None or not (mine or found.visibility == "public"):
        raise NotFoundError("profile", profile_id)
    return msgspec.convert(found, ProfileView, from_attributes=True)


@routes.put("/vivariums/{vivarium_id}/profile", policy=signed_in(), errors=(403, 404, 409))
async def change_vivarium_profile(request: Request[ProfileBody, None]) -> ProfileView:
    """Change a vivarium's profile."""
    vivarium_id = request.path["vivarium_id"]
    await own_role(request, vivarium_id, "curator")
    return await request.ask(_command(vivarium_id, request.body), ProfileView)
