"""Who follows what."""

from datetime import datetime

import msgspec

from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.community import Follow, FollowKind
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


@routes.post("/community/follow", policy=signed_in(), status=204)
async def follow(request: Request[NewFollow, None]) -> None:
    """Follow somebody or something, or cease to."""
    ask = request.body
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
