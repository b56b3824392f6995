"""The forums: posts, and what becomes of them."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any, Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.documents import document, keep
from reptidex.agents.community.people import check_here
from reptidex.agents.community.reviews import check_review, put_post, reviewed, reviewer_of, subject_of, take_back
from reptidex.domain.suspicion import is_suspicious
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.community_forum import ChangePost, ErasePost, RemovePost, WritePost
from reptidex.streams.community import CommunityPostCreated, CommunityPostRemoved, CommunityPostUpdated
from reptidex.streams.contract import Event
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.community import forum
from reptidex.tables.community.forum import FORUMS, Post, Vote
from reptidex.tables.community.models import Contact, Document
from reptidex.tables.community.reviews import Rating, Reviewer


def _document(message: Any) -> list[str]:
    return [f"post:{message.post_id}"]


def digest(text: str) -> str:
    """Return the digest of somebody's words, which is all that events tell of them."""
    return sha256(text.encode()).hexdigest()


def _record(post: Post) -> dict[str, Any]:
    names = ("post_id", "forum_id", "author_id", "vivarium_id", "kind", "subject_kind", "subject_id")
    return {name: getattr(post, name) for name in names}


async def show(unit: Unit, post: Post) -> None:
    """Have a post found as it stands, or no longer."""
    known = await document(unit, "post", post.post_id)
    changed = replace(
        known,
        vivarium_id=post.vivarium_id,
        title=post.title,
        text=post.text[:2000],
        facets={"category": post.kind},
        public=post.status == "shown",
        seen_version=known.seen_version + 1,
    )
    keep(unit, changed)


async def shown_post(unit: Unit, post_id: str) -> Post:
    """Return a post that can be seen. Raises `NotFoundError`."""
    post = await unit.get(Post, post_id)
    if post is None or post.status != "shown":
        raise NotFoundError("post", post_id)
    return post


@agent(
    WritePost,
    prefetch={
        Post: "post_id",
        Document: _document,
        Contact: "author_id",
        Rating: subject_of,
        Reviewer: reviewer_of,
    },
)
async def write_post(command: WritePost, unit: Unit) -> AsyncIterator[Event]:
    """Put a post into a forum."""
    await check_here(unit, command.author_id)
    check_review(command)
    if command.forum_id not in FORUMS:
        raise NotFoundError("forum", command.forum_id)
    post = Post(
        post_id=command.post_id,
        forum_id=command.forum_id,
        author_id=command.author_id,
        vivarium_id=command.vivarium_id,
        kind=command.kind,
        subject_kind=command.subject_kind,
        subject_id=command.subject_id,
        rating=command.rating,
        title=command.title,
        text=command.text,
        suspicious=is_suspicious(f"{command.title}\n{command.text}"),
        written_at=unit.now,
        changed_at=unit.now,
    )
    post = await reviewed(unit, post)
    await put_post(unit, post)
    unit.answer(post)
    await show(unit, post)
    yield CommunityPostCreated(**_record(post), digest=digest(post.text), suspicious=post.suspicious)


async def _own(unit: Unit, post_id: str, author_id: str) -> Post:
    post = await shown_post(unit, post_id)
    if post.author_id != author_id:
        raise NotFoundError("post", post_id)
    return post


@agent(ChangePost, prefetch={Post: "post_id", Document: _document})
async def change_post(command: ChangePost, unit: Unit) -> AsyncIterator[Event]:
    """Change one's own post."""
    before = await _own(unit, command.post_id, command.author_id)
    if command.rating is not None and before.kind != "review":
        raise InvalidError("a review, and nothing else, has a rating", "/rating")
    post = replace(
        before,
        rating=command.rating or before.rating,
        title=command.title,
        text=command.text,
        revision=before.revision + 1,
        suspicious=is_suspicious(f"{command.title}\n{command.text}"),
        changed_at=unit.now,
    )
    await put_post(unit, post, before)
    unit.answer(post)
    await show(unit, post)
    yield CommunityPostUpdated(
        **_record(post), digest=digest(post.text), revision=post.revision, suspicious=post.suspicious
    )


@agent(RemovePost, prefetch={Post: "post_id", Document: _document})
async def remove_post(command: RemovePost, unit: Unit) -> AsyncIterator[Event]:
    """Take one's own post down; its words are gone."""
    before = await _own(unit, command.post_id, command.author_id)
    post = replace(before, status="removed", title="", text="", changed_at=unit.now)
    await put_post(unit, post, before)
    await take_back(unit, post)
    await show(unit, post)
    yield CommunityPostRemoved(**_record(post), reason="author")


Standing = Literal["shown", "hidden", "removed"]
DECIDED: dict[str, Standing] = {"hide": "hidden", "remove": "removed", "suspend": "hidden", "keep": "shown"}


@agent(AdminModerationDecided, prefetch={Post: "subject_id", Document: lambda e: [f"post:{e.subject_id}"]})
async def moderate_post(event: AdminModerationDecided, unit: Unit) -> AsyncIterator[Event]:
    """Hide, remove or show a post as a moderator decided."""
    before, status = await unit.get(Post, event.subject_id), DECIDED.get(event.decision)
    if event.subject_kind != "post" or before is None or status is None or before.status in (status, "removed"):
        return
    post = replace(before, status=status, changed_at=unit.now)
    if status == "removed":
        post = replace(post, title="", text="")
    await put_post(unit, post, before)
    await show(unit, post)
    if status != "shown":
        yield CommunityPostRemoved(**_record(post), reason="moderation")


@agent(ErasePost, prefetch={Post: "post_id", Document: _document, Vote: lambda c: [f"{c.post_id}:{c.user_id}"]})
async def erase_words(command: ErasePost, unit: Unit) -> AsyncIterator[Event]:
    """Take the words of a person who is gone out of a thread; votes that were cast stay counted, without a name."""
    unit.delete(Vote, f"{command.post_id}:{command.user_id}")
    for reply in await unit.find(forum.replies_to(command.post_id)):
        if reply.author_id == command.user_id and reply.status != "erased":
            unit.put(replace(reply, text="", status="erased"))
    before = await unit.get(Post, command.post_id)
    if before is None or before.author_id != command.user_id or before.status == "removed":
        return
    post = replace(before, status="removed", title="", text="", changed_at=unit.now)
    await put_post(unit, post, before)
    await show(unit, post)
    yield CommunityPostRemoved(**_record(post), reason="erased")
