"""Who follows what."""

from datetime import datetime
from uuid import UUID

import msgspec

from reptidex.errors import InvalidError
from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.community import Follow
from reptidex.streams.community import FollowKind
from reptidex.streams.values import Key
from reptidex.tables.community import queries

routes = Routes("follows")


class NewFollow(msgspec.Struct, frozen=True, kw_only=True):
    """Whom or what to follow; a morph by its name, everything else by its id."""

    target_kind: FollowKind
    target_id: Key
    following: bool = True


class FollowView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person follows."""

    target_kind: str
    target_id: str
    since: datetime


def _check_target(kind: FollowKind, target_id: str) -> None:
    """Check what is to be followed. Raises `InvalidError`."""
    if kind == "morph":
        if not target_id.strip():
            raise InvalidError("a morph has a name", "/target_id")
        return
    try:
        UUID(target_id)
    except ValueError:
        raise InvalidError("the id of what is followed is a UUID", "/target_id") from None


@routes.post("/community/follow", policy=signed_in(), status=204, errors=(422,))
async def follow(request: Request[NewFollow, None]) -> None:
    """Follow somebody or something, or cease to."""
    ask = request.body
    _check_target(ask.target_kind, ask.target_id)
    await request.tell(
        Follow(
            user_id=request.caller.subject,
            target_kind=ask.target_kind,
            target_id=ask.target_id,
            following=ask.following,
        )
    )


@routes.get("/community/follows", policy=signed_in())
async def list_follows(request: Request[None, Paging]) -> Page[FollowView]:
    """List what the caller follows, newest first."""
    found, after = await request.read.page(queries.followed_by(request.caller.subject), request.query)
    return Page(items=[msgspec.convert(row, FollowView, from_attributes=True) for row in found], next=after)
