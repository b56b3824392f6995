"""The forums: posts, answers, votes."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.words import title, words
from reptidex.errors import NotFoundError
from reptidex.http.server.policy import public, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.community_forum import (
    CastVote,
    ChangePost,
    RemovePost,
    RemoveReply,
    Stars,
    Title,
    Words,
    WritePost,
    WriteReply,
)
from reptidex.streams.community import PostKind, Reaction
from reptidex.streams.values import Id, SubjectKind
from reptidex.tables.community import forum
from reptidex.tables.community.forum import FORUMS, Post, Reply

routes = Routes("forums")


class ForumView(msgspec.Struct, frozen=True, kw_only=True):
    """A forum."""

    forum_id: str
    name: str
    about: str


class NewPost(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody writes; a review names its subject, and how it rates it."""

    title: Title
    text: Words
    kind: PostKind = "discussion"
    subject_kind: SubjectKind | None = None
    subject_id: Id | None = None
    rating: Stars | None = None


class NewWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words that take the place of the old ones; the rating of a review stays where none is given."""

    title: Title
    text: Words
    rating: Stars | None = None


class NewReply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer; to another answer where that is named."""

    text: Words
    parent_reply_id: Id | None = None


class NewVote(msgspec.Struct, frozen=True, kw_only=True):
    """A vote, or none any more."""

    reaction: Reaction


class PostView(msgspec.Struct, frozen=True, kw_only=True):
    """A post."""

    post_id: str
    forum_id: str
    author_id: str
    vivarium_id: str | None
    kind: str
    subject_kind: str | None
    subject_id: str | None
    rating: int | None
    """Of a review: 1 to 5 stars."""
    verified: bool
    """Of a review: whether its author bought there."""
    title: str
    text: str
    revision: int
    score: int
    replies: int
    written_at: datetime
    changed_at: datetime


class ReplyView(msgspec.Struct, frozen=True, kw_only=True):
    """An answer; one that was taken down keeps its place without words."""

    reply_id: str
    post_id: str
    parent_reply_id: str | None
    author_id: Annotated[str, Meta(description="empty where the answer was taken down")]
    text: str
    written_at: datetime


def post_view(row: Post) -> PostView:
    """Show a post."""
    return msgspec.convert(row, PostView, from_attributes=True)


def _reply(row: Reply) -> ReplyView:
    shown = row.status == "shown"
    return ReplyView(
        reply_id=row.reply_id,
        post_id=row.post_id,
        parent_reply_id=row.parent_reply_id,
        author_id=row.author_id if shown else "",
        text=row.text if shown else "",
        written_at=row.written_at,
    )


def _forum_id(request: Request[object, object]) -> str:
    forum_id = request.path["forum_id"]
    if forum_id not in FORUMS:
        raise NotFoundError("forum", forum_id)
    return forum_id


async def _shown(request: Request[object, object]) -> Post:
    post = await request.read.get(Post, request.path["post_id"])
    if post is None or post.status != "shown":
        raise NotFoundError("post", request.path["post_id"])
    return post


@routes.get("/community/forums", policy=public())
async def list_forums(request: Request[None, None]) -> list[ForumView]:
    """List the forums."""
    return [msgspec.convert(each, ForumView, from_attributes=True) for each in FORUMS.values()]


@routes.get("/community/forums/{forum_id}/posts", policy=public(), errors=(404,))
async def list_posts(request: Request[None, Paging]) -> Page[PostView]:
    """List a forum's posts, newest first."""
    found, after = await request.read.page(forum.posts_in(_forum_id(request)), request.query)
    return Page(items=[post_view(row) for row in found], next=after)


@routes.post("/community/forums/{forum_id}/posts", policy=signed_in(cost=5), status=201, errors=(404, 409, 422))
async def write_post(request: Request[NewPost, None]) -> PostView:
    """Write a post."""
    ask, caller = request.body, request.caller
    command = WritePost(
        post_id=request.new_id(),
        forum_id=_forum_id(request),
        author_id=caller.subject,
        vivarium_id=caller.vivarium_id or None,
        kind=ask.kind,
        subject_kind=ask.subject_kind,
        subject_id=ask.subject_id,
        rating=ask.rating,
        title=title(ask.title),
        text=words(ask.text),
    )
    return post_view(await request.ask(command, Post))


@routes.get("/community/posts/{post_id}", policy=public(), errors=(404,))
async def get_post(request: Request[None, None]) -> PostView:
    """Show a post."""
    return post_view(await _shown(request))


@routes.put("/community/posts/{post_id}", policy=signed_in(cost=5), errors=(404, 422))
async def change_post(request: Request[NewWords, None]) -> PostView:
    """Change one's own post."""
    ask = request.body
    command = ChangePost(
        post_id=request.path["post_id"],
        author_id=request.caller.subject,
        title=title(ask.title),
        text=words(ask.text),
        rating=ask.rating,
    )
    return post_view(await request.ask(command, Post))


@routes.delete("/community/posts/{post_id}", policy=signed_in(), status=204, errors=(404,))
async def remove_post(request: Request[None, None]) -> None:
    """Take one's own post down."""
    await request.tell(RemovePost(post_id=request.path["post_id"], author_id=request.caller.subject))


@routes.get("/community/posts/{post_id}/replies", policy=public(), errors=(404,))
async def list_replies(request: Request[None, Paging]) -> Page[ReplyView]:
    """List the answers to a post, oldest first."""
    post = await _shown(request)
    found, after = await request.read.page(forum.replies_to(post.post_id), request.query)
    return Page(items=[_reply(row) for row in found], next=after)


@routes.post("/community/posts/{post_id}/replies", policy=signed_in(cost=3), status=201, errors=(404, 422))
async def write_reply(request: Request[NewReply, None]) -> ReplyView:
    """Answer a post, or an answer to it."""
    ask = request.body
    command = WriteReply(
        post_id=request.path["post_id"],
        reply_id=request.new_id(),
        parent_reply_id=ask.parent_reply_id,
        author_id=request.caller.subject,
        text=words(ask.text),
    )
    return _reply(await request.ask(command, Reply))


@routes.delete("/community/posts/{post_id}/replies/{reply_id}", policy=signed_in(), status=204, errors=(404,))
async def remove_reply(request: Request[None, None]) -> None:
    """Take one's own answer back; its place stays, without words."""
    post_id, reply_id = request.path["post_id"], request.path["reply_id"]
    await request.tell(RemoveReply(post_id=post_id, reply_id=reply_id, author_id=request.caller.subject))


@routes.post("/community/posts/{post_id}/vote", policy=signed_in(), errors=(404, 422))
async def vote(request: Request[NewVote, None]) -> PostView:
    """Vote on somebody's post; one vote a person, the last one counts."""
    command = CastVote(post_id=request.path["post_id"], user_id=request.caller.subject, reaction=request.body.reaction)
    return post_view(await request.ask(command, Post))


@routes.get("/community/users/{user_id}/activity", policy=public())
async def list_activity(request: Request[None, Paging]) -> Page[PostView]:
    """List the posts of a person that can be seen, newest first."""
    found, after = await request.read.page(forum.posts_by(request.path["user_id"], shown=True), request.query)
    return Page(items=[post_view(row) for row in found], next=after)
