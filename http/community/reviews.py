"""Reviews of breeders, animals and offers, and how these are rated in all."""

from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.errors import NotFoundError
from reptidex.http.community.forums import PostView, post_view
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.community_forum import REVIEWED, Stars
from reptidex.tables.community.reviews import Rating, reviews_of, subject_key

routes = Routes("reviews")


class ReviewFilter(Paging, frozen=True, kw_only=True):
    """Which reviews: of so many stars, or of people who bought there."""

    rating: Stars | None = None
    verified: bool | None = None


class RatingView(msgspec.Struct, frozen=True, kw_only=True):
    """How a subject is rated by its reviews."""

    subject_kind: str
    subject_id: str
    count: int
    average: Annotated[float | None, Meta(description="1 to 5, to two decimals; null where there is no review")]
    verified: Annotated[int, Meta(description="how many are of people who bought there")]
    by_stars: Annotated[dict[str, int], Meta(description="how many there are of 1, 2, 3, 4 and 5 stars")]


def _subject(request: Request[None, object]) -> tuple[str, str]:
    kind = request.path["subject_kind"]
    if kind not in REVIEWED:
        raise NotFoundError("kind of subject", kind)
    return kind, request.path["subject_id"]


@routes.get("/community/reviews/{subject_kind}/{subject_id}", policy=public(), errors=(404,))
async def list_reviews(request: Request[None, ReviewFilter]) -> Page[PostView]:
    """List the reviews of a `vivarium`, a `user`, an `animal` or a `listing`, newest first."""
    asked = request.query
    query = reviews_of(*_subject(request), rating=asked.rating, verified=asked.verified)
    found, after = await request.read.page(query, asked)
    return Page(items=[post_view(row) for row in found], next=after)


@routes.get("/community/reviews/{subject_kind}/{subject_id}/rating", policy=public(), errors=(404,))
async def get_rating(request: Request[None, None]) -> RatingView:
    """Say how a subject is rated in all."""
    kind, subject_id = _subject(request)
    key = subject_key(kind, subject_id)
    rating = await request.read.get(Rating, key) or Rating(rating_id=key)
    return RatingView(
        subject_kind=kind,
        subject_id=subject_id,
        count=rating.count,
        average=round(rating.stars / rating.count, 2) if rating.count else None,
        verified=rating.verified,
        by_stars={str(stars): many for stars, many in enumerate(rating.by_stars, 1)},
    )
