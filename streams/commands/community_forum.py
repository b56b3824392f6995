"""What repti-community is asked to do in its forums. A post's writer, votes and answers have one key: the post."""

from typing import Annotated, Literal

from msgspec import Meta

from reptidex.streams.community import PostKind, Reaction
from reptidex.streams.contract import Command, command
from reptidex.streams.values import Id, SubjectKind

REVIEWED = ("vivarium", "user", "animal", "listing", "clutch")
"""The kinds of subjects that reviews are of."""
Stars = Annotated[int, Meta(ge=1, le=5)]
Title = Annotated[str, Meta(min_length=3, max_length=200)]
Words = Annotated[str, Meta(min_length=1, max_length=20_000)]


@command(key="post_id", service="community")
class WritePost(Command, frozen=True, kw_only=True):
    """Write a post."""

    post_id: Id
    forum_id: Id
    author_id: Id
    vivarium_id: Id | None = None
    kind: PostKind = "discussion"
    subject_kind: SubjectKind | None = None
    subject_id: Id | None = None
    rating: Stars | None = None
    """Of a review, and of nothing else."""
    title: Title
    text: Words


@command(key="post_id", service="community")
class ChangePost(Command, frozen=True, kw_only=True):
    """Change the words of one's own post, and of a review its rating."""

    post_id: Id
    author_id: Id
    title: Title
    text: Words
    rating: Stars | None = None
    """None where it stays."""


@command(key="post_id", service="community")
class RemovePost(Command, frozen=True, kw_only=True):
    """Take one's own post down."""

    post_id: Id
    author_id: Id


@command(key="post_id", service="community")
class WriteReply(Command, frozen=True, kw_only=True):
    """Answer a post, or an answer to it."""

    post_id: Id
    reply_id: Id
    parent_reply_id: Id | None = None
    author_id: Id
    text: Words


@command(key="post_id", service="community")
class RemoveReply(Command, frozen=True, kw_only=True):
    """Take one's own answer back."""

    post_id: Id
    reply_id: Id
    author_id: Id


@command(key="post_id", service="community")
class ModerateReply(Command, frozen=True, kw_only=True):
    """A moderator decided about an answer."""

    post_id: Id
    reply_id: Id
    status: Literal["shown", "hidden", "removed"]


@command(key="post_id", service="community")
class CastVote(Command, frozen=True, kw_only=True):
    """Vote on a post, vote otherwise, or take the vote back."""

    post_id: Id
    user_id: Id
    reaction: Reaction


@command(key="post_id", service="community")
class ErasePost(Command, frozen=True, kw_only=True):
    """Take the words of a person who is gone out of a post: the post itself, answers, votes."""

    post_id: Id
    user_id: Id
