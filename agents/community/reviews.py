"""Reviews: one of each subject by a person, counted in its rating, and verified where they bought there."""

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.errors import DomainError, InvalidError
from reptidex.streams.commands.community_forum import REVIEWED, WritePost
from reptidex.streams.commerce import OrderCompleted
from reptidex.tables.community.forum import Post
from reptidex.tables.community.models import Contact
from reptidex.tables.community.reviews import Rating, Reviewer, subject_key


class ReviewedError(DomainError):
    """The person has reviewed this subject: `post_id` is their review, which they may change."""

    title = "You have reviewed this already"

    def __init__(self, post_id: str) -> None:
        super().__init__("there is a review of this by you: change it, or take it back first")
        self.post_id = post_id


def check_review(command: WritePost) -> None:
    """Check whom or what a post is about, and how it is rated. Raises `InvalidError`."""
    if (command.subject_kind is None) != (command.subject_id is None):
        raise InvalidError("a subject needs its kind and its id", "/subject_id")
    if (command.rating is None) == (command.kind == "review"):
        raise InvalidError("a review, and nothing else, has a rating", "/rating")
    if command.kind != "review":
        return
    if command.subject_id is None:
        raise InvalidError("a review names what it is of", "/subject_id")
    if command.subject_kind not in REVIEWED:
        raise InvalidError(f"reviews are of: {', '.join(REVIEWED)}", "/subject_kind")
    if command.subject_id in (command.author_id, command.vivarium_id):
        raise InvalidError("nobody reviews themselves", "/subject_id")


def subject_of(command: WritePost) -> list[str]:
    """Name the rating that a review is counted in."""
    return [subject_key(command.subject_kind or "", command.subject_id or "")] if command.kind == "review" else []


def reviewer_of(command: WritePost) -> list[str]:
    """Name what its author has to do with the subject of a review."""
    return [f"{command.author_id}:{key}" for key in subject_of(command)]


def _counts(post: Post | None) -> bool:
    return post is not None and post.kind == "review" and post.status == "shown" and post.rating is not None


async def put_post(unit: Unit, post: Post, before: Post | None = None) -> None:
    """Write a post that is new, or was like `before`; a review is counted in the rating of its subject as it now stands."""
    unit.put(post)
    if post.kind != "review" or post.subject_kind is None or post.subject_id is None:
        return
    key = subject_key(post.subject_kind, post.subject_id)
    rating = after = await unit.get(Rating, key) or Rating(rating_id=key)
    for one, change in ((before, -1), (post, 1)):
        if one is not None and _counts(one):
            after = _changed(after, one, change)
    if after != rating:
        unit.put(after)


def _changed(rating: Rating, post: Post, change: int) -> Rating:
    stars = post.rating or 0
    by_stars = list(rating.by_stars)
    by_stars[stars - 1] += change
    return replace(
        rating,
        count=rating.count + change,
        stars=rating.stars + change * stars,
        verified=rating.verified + change * post.verified,
        by_stars=tuple(by_stars),
    )


async def _reviewer(unit: Unit, user_id: str, kind: str, subject_id: str) -> Reviewer:
    key = Reviewer.id_of(user_id, kind, subject_id)
    return await unit.get(Reviewer, key) or Reviewer(reviewer_id=key, user_id=user_id)


async def reviewed(unit: Unit, post: Post) -> Post:
    """Note whose review this is, and return it with whether they bought there. Raises `ReviewedError` for a second one."""
    if post.kind != "review" or post.subject_kind is None or post.subject_id is None:
        return post
    reviewer = await _reviewer(unit, post.author_id, post.subject_kind, post.subject_id)
    if reviewer.post_id not in ("", post.post_id):
        raise ReviewedError(reviewer.post_id)
    unit.put(replace(reviewer, post_id=post.post_id))
    return replace(post, verified=reviewer.bought)


async def take_back(unit: Unit, post: Post) -> None:
    """Let the author of a review that they took back write another one."""
    if post.kind == "review" and post.subject_kind is not None and post.subject_id is not None:
        reviewer = await _reviewer(unit, post.author_id, post.subject_kind, post.subject_id)
        unit.put(replace(reviewer, post_id=""))


def _bought(event: OrderCompleted) -> list[tuple[str, str]]:
    """Name what a buyer may review by an order, by kind and id."""
    seller, lines = event.seller, event.lines
    animals = [("animal", line.animal_id) for line in lines]
    offers = [("listing", line.listing_id) for line in lines]
    return [("vivarium", seller.vivarium_id), ("user", seller.user_id), *animals, *offers]


def _buyer_of(event: OrderCompleted) -> list[str]:
    return [Reviewer.id_of(event.buyer.user_id, *subject) for subject in _bought(event)]


@agent(OrderCompleted, prefetch={Contact: lambda event: [event.buyer.user_id], Reviewer: _buyer_of})
async def note_purchase(event: OrderCompleted, unit: Unit) -> None:
    """Remember who bought of whom: their reviews of the seller and of the animal are verified, those written before, too."""
    buyer = await unit.get(Contact, event.buyer.user_id)
    if buyer is not None and buyer.gone:
        return
    for kind, subject_id in _bought(event):
        reviewer = await _reviewer(unit, event.buyer.user_id, kind, subject_id)
        if reviewer.bought:
            continue
        unit.put(replace(reviewer, bought=True))
        post = await unit.get(Post, reviewer.post_id) if reviewer.post_id else None
        if post is not None:
            await put_post(unit, replace(post, verified=True), post)
