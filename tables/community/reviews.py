"""What is reviewed: how it is rated in all, and what a person has to do with it."""

from reptidex.tables.community.forum import Post
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored

BEST = 5
"""Stars, from 1."""


def subject_key(kind: str, subject_id: str) -> str:
    """Name a subject."""
    return f"{kind}:{subject_id}"


@stored("ratings", key="rating_id")
class Rating(Row, frozen=True, kw_only=True):
    """How a subject is rated by the reviews that are shown. Counted with each of them, so that nobody sums them up to read it."""

    rating_id: str
    """`<kind>:<id>` of the subject."""
    count: int = 0
    stars: int = 0
    """The sum of them."""
    verified: int = 0
    """How many are of people who bought there."""
    by_stars: tuple[int, ...] = (0,) * BEST
    """How many there are of each number of stars, from 1 up."""


@stored("reviewers", key="reviewer_id", indexes=(("user_id",),))
class Reviewer(Row, frozen=True, kw_only=True):
    """What one person has to do with a subject: a review says whether its author bought there, and there is one of each."""

    reviewer_id: str
    """`<user>:<kind>:<id>`"""
    user_id: str
    bought: bool = False
    post_id: str = ""
    """Their review of it, unless they took it back."""

    @staticmethod
    def id_of(user_id: str, kind: str, subject_id: str) -> str:
        """Return the key of a person and a subject."""
        return f"{user_id}:{subject_key(kind, subject_id)}"


def reviews_of(kind: str, subject_id: str, *, rating: int | None = None, verified: bool | None = None) -> Query[Post]:
    """Return the reviews of a subject that can be seen, newest first."""
    c = Post.c
    where = [c.subject_id == subject_id, c.kind == "review", c.status == "shown", c.subject_kind == kind]
    if rating is not None:
        where.append(c.rating == rating)
    if verified is not None:
        where.append(c.verified.is_(verified))
    return select(Post, *where, order=("-written_at",))


def reviewers_by(user_id: str) -> Query[Reviewer]:
    """Return what a person bought and reviewed."""
    return select(Reviewer, Reviewer.c.user_id == user_id)
