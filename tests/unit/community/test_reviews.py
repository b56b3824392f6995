"""Reviews: listed by what they are of, counted as they come and go, verified where their author bought."""

import contextlib
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from reptidex.agents.community.reviews import ReviewedError
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.community_forum import ChangePost, ErasePost, RemovePost, WritePost
from reptidex.streams.commerce import OrderCompleted
from reptidex.streams.core import AuthUserDeleted
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.community.forum import FORUMS, Post
from reptidex.tables.community.reviews import Rating, Reviewer, reviewers_by
from reptidex.tables.query import select
from tests.unit.community.square import Square
from tests.unit.community.town import ANIMAL, BEA, EVE, OTHER, SAM, VIVARIUM, Town, order, uid

FORUM = next(iter(FORUMS))
OF_SAM = f"/community/reviews/vivarium/{VIVARIUM}"


def review(post_id: str, rating: int | None = 5, author: str = BEA, **more: Any) -> WritePost:
    values: dict[str, Any] = {"subject_kind": "vivarium", "subject_id": VIVARIUM, "kind": "review"} | more
    words: Any = {"title": "Feeds well", "text": "Arrived warm and calm."}
    return WritePost(post_id=post_id, forum_id=FORUM, author_id=author, rating=rating, **words, **values)


def bought(buyer: str = BEA) -> OrderCompleted:
    said: OrderCompleted = order(OrderCompleted, completed_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert (said.buyer.user_id, said.seller.vivarium_id) == (buyer, VIVARIUM)
    return said


def decided(post_id: str, decision: Any) -> AdminModerationDecided:
    return AdminModerationDecided(
        subject_id=post_id, subject_kind="post", case_id=uid(60), decision=decision, admin_id=uid(61)
    )


async def rating(town: Town) -> tuple[int, int, int]:
    row = await town.harness.get(Rating, f"vivarium:{VIVARIUM}")
    return (row.count, row.stars, row.verified) if row is not None else (0, 0, 0)


async def test_reviews_are_listed_by_their_subject_with_filters_pages_and_a_rating(square: Square) -> None:
    for number, (stars, author) in enumerate(((5, BEA), (4, EVE), (2, uid(4)))):
        await square.town.hear(review(uid(90 + number), stars, author))
    await square.town.hear(review(uid(99), 1, subject_kind="animal", subject_id=ANIMAL))
    await square.town.hear(bought(), sequence=1)

    every = await square.get(OF_SAM)
    first = await square.get(f"{OF_SAM}?limit=2")
    rest = await square.get(f"{OF_SAM}?limit=2&cursor={first['next']}")
    said = await square.get(f"{OF_SAM}/rating")

    assert sorted(each["rating"] for each in every["items"]) == [2, 4, 5]
    assert [*first["items"], *rest["items"]] == every["items"] and len(first["items"]) == 2
    assert [each["rating"] for each in (await square.get(f"{OF_SAM}?rating=4"))["items"]] == [4]
    assert [each["author_id"] for each in (await square.get(f"{OF_SAM}?verified=true"))["items"]] == [BEA]
    assert len((await square.get(f"{OF_SAM}?verified=false"))["items"]) == 2
    assert (said["count"], said["average"], said["verified"]) == (3, 3.67, 1)
    assert said["by_stars"] == {"1": 0, "2": 1, "3": 0, "4": 1, "5": 1}


async def test_what_nobody_reviewed_has_no_average_and_what_is_not_reviewed_no_list(square: Square) -> None:
    nothing = await square.get(f"/community/reviews/user/{SAM}/rating")
    statuses = []
    for path in ("post", "nonsense"):
        async with square.client.get(f"/community/reviews/{path}/{VIVARIUM}") as answer:
            statuses.append(answer.status)
    async with square.client.get(f"{OF_SAM}?rating=6") as answer:
        statuses.append(answer.status)

    assert (nothing["count"], nothing["average"], statuses) == (0, None, [404, 404, 422])


@pytest.mark.parametrize("stars", [0, 6])
async def test_a_review_has_one_to_five_stars(square: Square, stars: int) -> None:
    body = {"title": "Feeds well", "text": "Warm.", "kind": "review", "rating": stars}
    subject = {"subject_kind": "vivarium", "subject_id": VIVARIUM}
    path = f"/community/forums/{FORUM}/posts"

    assert (await square.call("POST", path, "bea", body | subject))[0] == 422
    assert (await square.call("POST", path, "bea", body | subject | {"rating": 3}))[0] == 201
    assert (await square.call("POST", path, "bea", body | subject | {"rating": 4}))[0] == 409


async def test_a_review_and_nothing_else_has_a_rating(town: Town) -> None:
    for wrong in (review(uid(90), None), review(uid(90), kind="question")):
        with pytest.raises(InvalidError) as problem:
            await town.hear(wrong)
        assert problem.value.pointer == "/rating"


async def test_nobody_counts_twice(town: Town) -> None:
    await town.hear(review(uid(90), 5))
    with pytest.raises(ReviewedError) as problem:
        await town.hear(review(uid(91), 5))
    await town.hear(ChangePost(post_id=uid(90), author_id=BEA, title="Feeds badly", text="Not at all.", rating=1))
    changed = await rating(town)
    await town.hear(RemovePost(post_id=uid(90), author_id=BEA))
    gone = await rating(town)
    await town.hear(review(uid(92), 3))

    assert problem.value.post_id == uid(90)
    assert (changed, gone, await rating(town)) == ((1, 1, 0), (0, 0, 0), (1, 3, 0))


@pytest.mark.parametrize("bought_first", [True, False])
async def test_a_review_of_somebody_who_bought_is_verified(town: Town, bought_first: bool) -> None:
    for said in (bought(), review(uid(90), 4))[:: 1 if bought_first else -1]:
        await town.hear(said)
    await town.hear(bought(), sequence=2)
    post = await town.harness.get(Post, uid(90))

    assert post is not None and post.verified
    assert await rating(town) == (1, 4, 1)


async def test_what_a_moderator_hides_does_not_count_until_it_is_kept(town: Town) -> None:
    await town.hear(review(uid(90), 1))
    seen = []
    for decision in ("hide", "hide", "keep", "keep", "remove"):
        await town.hear(decided(uid(90), decision))
        seen.append((await rating(town))[0])

    assert seen == [0, 0, 1, 1, 0]


async def test_with_a_person_go_their_reviews_and_what_is_known_of_their_purchases(town: Town) -> None:
    await town.hear(bought())
    await town.hear(review(uid(90), 4))
    await town.hear(AuthUserDeleted(user_id=BEA, reason="requested"))
    await town.harness.advance()
    await town.hear(bought(), sequence=2)

    assert await rating(town) == (0, 0, 0)
    assert await town.harness.find(reviewers_by(BEA)) == []


@pytest.mark.parametrize("seed", range(8))
async def test_the_rating_is_that_of_the_reviews_that_are_shown_whatever_happens(town: Town, seed: int) -> None:
    choose, people = random.Random(seed), [BEA, EVE, uid(4)]
    for number in range(25):
        person, known = choose.choice(people), await town.harness.find(select(Post))
        post = choose.choice(known) if known else None
        acts: list[Any] = [review(uid(100 + number), choose.randint(1, 5), person), bought()]
        if post is not None:
            mine = {"post_id": post.post_id, "author_id": post.author_id}
            acts += [
                ChangePost(**mine, title="Other words", text="Of it.", rating=choose.choice((None, 1, 5))),
                RemovePost(**mine),
                decided(post.post_id, choose.choice(("hide", "keep", "remove", "warn"))),
                ErasePost(post_id=post.post_id, user_id=person),
            ]
        with contextlib.suppress(ReviewedError, NotFoundError):
            await town.hear(choose.choice(acts), sequence=number + 1)
        shown = [each for each in await town.harness.find(select(Post)) if each.status == "shown"]
        stars = sum(each.rating or 0 for each in shown)
        assert await rating(town) == (len(shown), stars, sum(each.verified for each in shown))
    assert {each.user_id for each in await town.harness.find(select(Reviewer))} <= {*people, OTHER}
