"""Posts, answers, votes, and what moderators do with them."""

from typing import Any

import pytest

from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.community_forum import (
    CastVote,
    ChangePost,
    RemovePost,
    RemoveReply,
    WritePost,
    WriteReply,
)
from reptidex.streams.community import (
    CommunityInteractionReacted,
    CommunityInteractionReplied,
    CommunityPostCreated,
    CommunityPostRemoved,
    CommunityPostUpdated,
    NotificationSent,
)
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.community.forum import FORUMS, Post, Reply
from tests.unit.community.town import BEA, EVE, OTHER, SAM, VIVARIUM, Town, uid

POST, FORUM = uid(81), next(iter(FORUMS))


async def _write(town: Town, text: str = "She eats every week.") -> list[Any]:
    return await town.hear(
        WritePost(post_id=POST, forum_id=FORUM, author_id=SAM, title="A question about feeding", text=text)
    )


def _decide(decision: Any, subject_id: str = POST) -> AdminModerationDecided:
    return AdminModerationDecided(
        subject_id=subject_id, subject_kind="post", case_id=uid(60), decision=decision, admin_id=uid(61)
    )


def _kinds(events: list[Any]) -> list[type]:
    return [type(each) for each in events if each.contract.name != "search.indexed"]


async def test_a_post_is_found_and_its_words_stay_out_of_the_events(town: Town) -> None:
    said = await _write(town)

    assert _kinds(said) == [CommunityPostCreated]
    assert "feeding" not in repr(said)
    assert await town.titles("feeding", "post") == ["A question about feeding"]


async def test_a_post_that_leads_around_our_payments_is_suspicious(town: Town) -> None:
    said = await _write(town, "Pay me by Western Union.")

    assert said[0].suspicious


async def test_there_is_no_writing_into_a_forum_that_is_not_there(town: Town) -> None:
    with pytest.raises(NotFoundError):
        await town.hear(WritePost(post_id=POST, forum_id=uid(5), author_id=SAM, title="Hello", text="Words"))


async def test_only_its_author_changes_a_post(town: Town) -> None:
    await _write(town)
    with pytest.raises(NotFoundError):
        await town.hear(ChangePost(post_id=POST, author_id=BEA, title="Mine now", text="Ha"))
    said = await town.hear(ChangePost(post_id=POST, author_id=SAM, title="Feeding, solved", text="Yes"))

    assert (_kinds(said), said[0].revision) == ([CommunityPostUpdated], 2)
    assert await town.titles() == ["Feeding, solved"]


async def test_a_post_that_its_author_takes_down_is_gone_with_its_words(town: Town) -> None:
    await _write(town)
    said = await town.hear(RemovePost(post_id=POST, author_id=SAM))
    post = await town.harness.get(Post, POST)

    assert (_kinds(said), said[0].reason) == ([CommunityPostRemoved], "author")
    assert post is not None and post.text == ""
    assert await town.titles() == []


async def test_a_hidden_post_comes_back_and_a_removed_one_does_not(town: Town) -> None:
    await _write(town)
    seen = []
    for decision in ("hide", "keep", "remove", "keep"):
        await town.hear(_decide(decision))
        seen.append(await town.titles())

    assert seen == [[], ["A question about feeding"], [], []]


async def test_nobody_answers_or_votes_on_a_hidden_post(town: Town) -> None:
    await _write(town)
    await town.hear(_decide("hide"))

    for command in (
        WriteReply(post_id=POST, reply_id=uid(82), author_id=BEA, text="Why?"),
        CastVote(post_id=POST, user_id=BEA, reaction="up"),
    ):
        with pytest.raises(NotFoundError):
            await town.hear(command)


async def test_an_answer_is_counted_and_told_to_the_author(town: Town) -> None:
    await _write(town)
    said = await town.hear(WriteReply(post_id=POST, reply_id=uid(82), author_id=BEA, text="Try smaller ones."))

    assert [type(each) for each in said] == [CommunityInteractionReplied, NotificationSent]
    assert (said[0].replies, said[1].recipient_id) == (1, SAM)


async def test_an_answer_follows_an_answer_of_the_same_post_only(town: Town) -> None:
    await _write(town)
    command = WriteReply(post_id=POST, reply_id=uid(82), parent_reply_id=uid(83), author_id=BEA, text="To whom?")

    with pytest.raises(InvalidError):
        await town.hear(command)


async def test_one_vote_counts_a_person_and_the_last_one_does(town: Town) -> None:
    await _write(town)
    scores = []
    votes: list[tuple[str, Any]] = [(BEA, "up"), (BEA, "up"), (EVE, "up"), (BEA, "down"), (EVE, "none")]
    for person, reaction in votes:
        for each in await town.hear(CastVote(post_id=POST, user_id=person, reaction=reaction)):
            assert isinstance(each, CommunityInteractionReacted)
            scores.append(each.score)

    assert scores == [1, 2, 0, -1]


async def test_nobody_votes_on_their_own_post(town: Town) -> None:
    await _write(town)

    with pytest.raises(InvalidError):
        await town.hear(CastVote(post_id=POST, user_id=SAM, reaction="up"))


async def test_a_moderator_takes_an_answer_down_and_the_post_stays(town: Town) -> None:
    await _write(town)
    await town.hear(WriteReply(post_id=POST, reply_id=uid(82), author_id=BEA, text="Buy mine elsewhere."))
    seen = []
    for decision in ("hide", "keep", "remove", "keep"):
        await town.hear(_decide(decision, uid(82)))
        await town.harness.advance()
        reply = await town.harness.read.need(Reply, uid(82))
        seen.append((reply.status, bool(reply.text)))

    assert seen == [("hidden", True), ("shown", True), ("removed", False), ("removed", False)]
    assert await town.titles() == ["A question about feeding"]


async def test_only_its_author_takes_an_answer_back(town: Town) -> None:
    await _write(town)
    await town.hear(WriteReply(post_id=POST, reply_id=uid(82), author_id=BEA, text="Never mind."))
    with pytest.raises(NotFoundError):
        await town.hear(RemoveReply(post_id=POST, reply_id=uid(82), author_id=SAM))
    await town.hear(RemoveReply(post_id=POST, reply_id=uid(82), author_id=BEA))
    reply = await town.harness.read.need(Reply, uid(82))

    assert (reply.status, reply.text) == ("removed", "")
    with pytest.raises(NotFoundError):
        await town.hear(RemoveReply(post_id=POST, reply_id=uid(82), author_id=BEA))


async def test_nobody_answers_an_answer_that_was_taken_down(town: Town) -> None:
    await _write(town)
    await town.hear(WriteReply(post_id=POST, reply_id=uid(82), author_id=BEA, text="Never mind."))
    await town.hear(RemoveReply(post_id=POST, reply_id=uid(82), author_id=BEA))

    with pytest.raises(InvalidError):
        await town.hear(WriteReply(post_id=POST, reply_id=uid(83), parent_reply_id=uid(82), author_id=SAM, text="Why?"))


@pytest.mark.parametrize(
    ("subject", "pointer"),
    [
        ({}, "/subject_id"),
        ({"subject_kind": "vivarium"}, "/subject_id"),
        ({"subject_id": OTHER}, "/subject_id"),
        ({"subject_kind": "user", "subject_id": SAM}, "/subject_id"),
        ({"subject_kind": "file", "subject_id": OTHER}, "/subject_kind"),
        ({"subject_kind": "vivarium", "subject_id": VIVARIUM}, "/subject_id"),
    ],
)
async def test_a_review_is_of_somebody_else(town: Town, subject: Any, pointer: str) -> None:
    words: Any = {
        "title": "The best breeder",
        "text": "Buy here.",
        "kind": "review",
        "rating": 5,
        "vivarium_id": VIVARIUM,
    }
    with pytest.raises(InvalidError) as problem:
        await town.hear(WritePost(post_id=POST, forum_id=FORUM, author_id=SAM, **words, **subject))

    assert problem.value.pointer == pointer
