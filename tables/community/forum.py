"""The forums that there are, and their rows: posts, replies, votes."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import msgspec

from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored


class Forum(msgspec.Struct, frozen=True):
    """A place to write about one thing."""

    forum_id: str
    name: str
    about: str


def _forum(name: str, about: str) -> Forum:
    return Forum(str(uuid5(NAMESPACE_URL, f"reptidex:forum/{name}")), name, about)


FORUMS = {
    forum.forum_id: forum
    for forum in (
        _forum("Husbandry", "Housing, feeding, health"),
        _forum("Breeding", "Pairings, clutches, hatchlings"),
        _forum("Genetics", "Genes, morphs, odds"),
        _forum("Lineage", "Records, parents, proof"),
        _forum("Market", "Buying and selling, reviews of breeders"),
        _forum("Showcase", "Animals to be proud of"),
    )
}
"""By id. The ids are derived from the names: the same on every platform."""


@stored(
    "posts",
    key="post_id",
    indexes=(
        ("forum_id", "status", "written_at"),
        ("author_id", "written_at"),
        ("subject_id", "kind", "status", "written_at"),
    ),
)
class Post(Row, frozen=True, kw_only=True):
    """A post. What is taken down loses its words and keeps its place."""

    post_id: str
    forum_id: str
    author_id: str
    vivarium_id: str | None = None
    kind: str = "discussion"
    subject_kind: str | None = None
    subject_id: str | None = None
    rating: int | None = None
    """Of a review: 1 to 5 stars."""
    verified: bool = False
    """Of a review: whether its author bought there."""
    title: str
    text: str
    revision: int = 1
    status: str = "shown"
    """`shown`, `hidden` (by moderation, may come back), `removed` (by the author or for good)."""
    suspicious: bool = False
    score: int = 0
    replies: int = 0
    written_at: datetime
    changed_at: datetime


@stored("replies", key="reply_id", indexes=(("post_id", "written_at"), ("author_id", "written_at")))
class Reply(Row, frozen=True, kw_only=True):
    """An answer to a post, or to another answer."""

    reply_id: str
    post_id: str
    parent_reply_id: str | None = None
    author_id: str
    text: str
    status: str = "shown"
    """`shown`, `hidden` (by moderation, may come back), `removed` (by the author or for good), `erased` (with its author)."""
    suspicious: bool = False
    written_at: datetime


@stored("votes", key="vote_id", indexes=(("user_id",),))
class Vote(Row, frozen=True, kw_only=True):
    """One person's vote on a post: +1 or -1."""

    vote_id: str
    """`<post>:<user>`"""
    post_id: str
    user_id: str
    value: int


def posts_in(forum_id: str) -> Query[Post]:
    """Return the posts that a forum shows, newest first."""
    return select(Post, Post.c.forum_id == forum_id, Post.c.status == "shown", order=("-written_at",))


def posts_by(author_id: str, *, shown: bool = False) -> Query[Post]:
    """Return a person's posts, newest first; only those that can be seen, where asked."""
    where = [Post.c.author_id == author_id] + ([Post.c.status == "shown"] if shown else [])
    return select(Post, *where, order=("-written_at",))


def replies_to(post_id: str) -> Query[Reply]:
    """Return the answers to a post, oldest first."""
    return select(Reply, Reply.c.post_id == post_id, order=("written_at",))


def replies_by(author_id: str) -> Query[Reply]:
    """Return a person's answers, newest first."""
    return select(Reply, Reply.c.author_id == author_id, order=("-written_at",))


def votes_by(user_id: str) -> Query[Vote]:
    """Return a person's votes."""
    return select(Vote, Vote.c.user_id == user_id)
