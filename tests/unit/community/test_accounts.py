"""What people are told of their accounts, and how they are forgotten."""

from datetime import UTC, datetime
from typing import Any

import pytest

from reptidex.errors import NotFoundError
from reptidex.streams.commands.community import Follow, SaveSearch, SetPreferences
from reptidex.streams.commands.community_forum import CastVote, WritePost, WriteReply
from reptidex.streams.community import CommunityPostRemoved, NotificationFailed, NotificationSent
from reptidex.streams.core import (
    AuthSessionReused,
    AuthSessionStarted,
    AuthUserDeleted,
    AuthUserUpdated,
    BillingInvoicePaid,
)
from reptidex.streams.values import InvoiceLine, Money
from reptidex.tables.community import queries
from reptidex.tables.community.forum import FORUMS, Post, Reply, Vote
from reptidex.tables.community.models import Document, Notification, Preference
from reptidex.tables.query import select
from tests.unit.community.town import BEA, SAM, VIVARIUM, Town, newcomer, profile, uid

SOON = datetime(2027, 1, 1, tzinfo=UTC)
GONE = AuthUserDeleted(user_id=SAM, reason="requested")


async def test_a_newcomer_is_welcomed_with_the_link_that_confirms_the_address(town: Town) -> None:
    said = await town.hear(newcomer())
    [letter] = town.mailer.sent

    assert [(type(each), each.template, each.provider) for each in said] == [(NotificationSent, "welcome", "smtp")]
    assert "http://core.invalid/auth/confirm?token=01" in letter.as_string()


async def test_a_newcomer_heard_of_twice_is_welcomed_once(town: Town) -> None:
    await town.hear(newcomer())
    await town.hear(newcomer(), message_id=uid(99))

    assert len(town.mailer.sent) == 1


async def test_whose_address_was_proved_elsewhere_gets_a_welcome_without_a_link(town: Town) -> None:
    await town.hear(newcomer(how="google", email_verified=True))

    assert "confirmed" in town.mailer.sent[0].as_string()


async def test_who_is_deleted_before_the_news_of_the_account_arrives_is_not_welcomed(town: Town) -> None:
    await town.hear(GONE, 2)
    await town.hear(newcomer())

    assert town.mailer.sent == []


async def test_a_new_link_is_sent_when_it_is_asked_for(town: Town) -> None:
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("confirmation_requested",)))
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("password_reset_requested",)), 2)

    assert town.subjects == ["Confirm your address", "A new password for ReptiDex"]


async def test_a_stranger_writes_nobody_through_us(town: Town) -> None:
    # Whoever registers chooses address and name: until the address is confirmed, the mail to it has no word of theirs.
    await town.hear(newcomer(display_name="Win a prize at https://evil.example"))
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("confirmation_requested",)), 2)
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("password_reset_requested",)), 3)

    assert len(town.mailer.sent) == 3
    assert not any("Sam Sand" in each.as_string() for each in town.mailer.sent), "what the contacts call them"


ASKED = {"new_email": "new@example.com", "change_link": "http://core.invalid/auth/email/confirm?token=c"}
STOP = {"old_email": "old@example.com", "stop_link": "http://core.invalid/auth/email/stop?token=s"}


async def test_who_wants_another_address_gets_a_link_there_and_word_of_it_at_the_one_so_far(town: Town) -> None:
    town.contacts.change = ASKED | STOP
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("email_change_requested",)))
    letters = {each["To"]: each.as_string() for each in town.mailer.sent}

    assert set(letters) == {"new@example.com", "old@example.com"}
    assert ("email/confirm?token=3Dc" in letters["new@example.com"], "stop" in letters["new@example.com"]) == (
        True,
        False,
    )
    assert ("email/stop?token=3Ds" in letters["old@example.com"], "confirm" in letters["old@example.com"]) == (
        True,
        False,
    )


async def test_a_new_address_is_told_at_the_one_before(town: Town) -> None:
    town.contacts.change = STOP
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("email",), email_hash="a" * 64))
    [letter] = town.mailer.sent

    assert (letter["To"], letter["Subject"]) == ("old@example.com", "The address of your account was changed")


async def test_a_change_that_was_stopped_meanwhile_is_told_to_nobody(town: Town) -> None:
    said = await town.hear(AuthUserUpdated(user_id=SAM, changed=("email_change_requested", "email")))

    assert town.mailer.sent == []
    assert [each.reason for each in said] == ["expired"] * 3


async def test_who_stopped_a_change_gets_a_link_for_a_new_password(town: Town) -> None:
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("email_change_stopped",)))
    [letter] = town.mailer.sent

    assert (letter["To"], "/auth/reset?token" in letter.as_string()) == ("u01@example.com", True)


async def test_a_link_that_was_used_meanwhile_is_not_sent(town: Town) -> None:
    town.contacts.confirmed.add(SAM)
    [said] = await town.hear(AuthUserUpdated(user_id=SAM, changed=("confirmation_requested",)))

    assert isinstance(said, NotificationFailed)
    assert said.reason == "expired"
    assert town.mailer.sent == []


async def test_other_changes_of_an_account_are_nobodys_news(town: Town) -> None:
    assert await town.hear(AuthUserUpdated(user_id=SAM, changed=("email_verified",), email_verified=True)) == []


@pytest.mark.parametrize("changed", ["password", "identities", "mfa_enabled", "api_keys"])
async def test_whose_account_got_another_way_in_is_told(town: Town, changed: str) -> None:
    await town.hear(AuthUserUpdated(user_id=SAM, changed=(changed,)))

    assert len(town.subjects) == 1


async def test_a_new_device_is_told_of_and_a_known_one_is_not(town: Town) -> None:
    facts: dict[str, Any] = {"user_id": SAM, "session_id": uid(70), "device": "Firefox on Linux"}
    await town.hear(AuthSessionStarted(**facts, how="password", expires_at=SOON))
    await town.hear(AuthSessionStarted(**facts, how="password", expires_at=SOON, new_device=True), 2)

    assert town.subjects == ["A new device signed in"]


async def test_a_stolen_sign_in_is_told_of_even_by_those_who_want_no_mail(town: Town) -> None:
    await town.hear(SetPreferences(user_id=SAM, channels={"session.reused": ()}))
    await town.hear(AuthSessionReused(user_id=SAM, session_id=uid(70), rotation=2))

    assert town.subjects == ["A session was ended for your safety"]


async def test_the_owners_of_a_vivarium_hear_that_an_invoice_is_paid(town: Town) -> None:
    money = Money(amount=2_900, currency="USD")
    line = InvoiceLine(text="Breeder, a month", amount=money)
    paid = BillingInvoicePaid(
        vivarium_id=VIVARIUM, invoice_id=uid(71), number="2026-7", lines=(line,), total=money, tax=money, paid_at=SOON
    )
    await town.hear(paid)

    assert town.subjects == ["Invoice 2026-7"]


async def _live(town: Town) -> None:
    """Let Sam leave traces everywhere, and Bea too."""
    await town.hear(newcomer())
    await town.hear(profile())
    await town.hear(AuthSessionReused(user_id=SAM, session_id=uid(70), rotation=2))
    for person in (SAM, BEA):
        await town.hear(Follow(user_id=person, target_kind="vivarium", target_id=VIVARIUM))
    await town.hear(SaveSearch(user_id=SAM, search_id=uid(80), name="mine", scope="all", query={"q": "x"}))
    await town.hear(SetPreferences(user_id=SAM, channels={"clutch.created": ()}))
    forum = next(iter(FORUMS))
    for number, author in ((81, SAM), (82, BEA)):
        await town.hear(WritePost(post_id=uid(number), forum_id=forum, author_id=author, title="Hello", text="Words"))
    await town.hear(WriteReply(post_id=uid(82), reply_id=uid(83), author_id=SAM, text="An answer"))
    await town.hear(CastVote(post_id=uid(82), user_id=SAM, reaction="up"))


async def test_nothing_of_a_deleted_person_is_left(town: Town) -> None:
    await _live(town)
    said = await town.hear(GONE, 9)
    said += await town.harness.advance()
    await town.settle()
    find, get = town.harness.find, town.harness.get
    reply, profile_row = await get(Reply, uid(83)), await get(Document, f"breeder:{SAM}")

    assert await find(select(Notification, Notification.c.recipient_id == SAM)) == []
    assert await find(queries.followed_by(SAM)) == []
    assert await find(queries.searches_of(SAM)) == []
    assert await find(select(Vote, Vote.c.user_id == SAM)) == []
    assert await get(Preference, SAM) is None
    assert reply is not None and reply.text == ""
    assert profile_row is not None and (profile_row.title, profile_row.text) == ("", "")
    assert [each.post_id for each in said if isinstance(each, CommunityPostRemoved)] == [uid(81)]
    assert await town.titles() == ["Hello"]


async def test_others_keep_what_is_theirs(town: Town) -> None:
    await _live(town)
    await town.hear(GONE, 9)
    await town.harness.advance()
    post = await town.harness.get(Post, uid(82))

    assert post is not None and (post.text, post.score, post.replies) == ("Words", 1, 1)
    assert len(await town.harness.find(queries.followed_by(BEA))) == 1


async def test_an_old_profile_does_not_bring_a_deleted_person_back(town: Town) -> None:
    await town.hear(GONE, 9)
    await town.hear(profile(), 3)

    assert await town.titles() == []


async def test_news_that_comes_after_a_person_is_gone_leaves_no_message(town: Town) -> None:
    device = "Sam's phone in Ulm"
    started = AuthSessionStarted(
        user_id=SAM, session_id=uid(70), device=device, how="password", expires_at=SOON, new_device=True
    )
    await town.hear(newcomer())
    await town.hear(GONE, 5)
    letters = len(town.mailer.sent)

    said = await town.hear(started, 4)

    assert (said, len(town.mailer.sent)) == ([], letters)
    assert await town.harness.find(queries.all_notifications_of(SAM)) == []


LATE: list[Any] = [
    Follow(user_id=SAM, target_kind="morph", target_id="Pastel"),
    SaveSearch(user_id=SAM, search_id=uid(71), name="for Sam Sand", scope="all", query={"q": "Sam Sand"}),
    SetPreferences(user_id=SAM, channels={"order.cancelled": ("inapp",)}),
    WritePost(
        post_id=uid(72), forum_id=next(iter(FORUMS)), author_id=SAM, title="I am Sam", text="Sam Sand says hello"
    ),
    WriteReply(post_id=uid(73), reply_id=uid(74), author_id=SAM, text="Sam Sand says hello"),
    CastVote(post_id=uid(73), user_id=SAM, reaction="up"),
]


@pytest.mark.parametrize("late", LATE, ids=lambda each: type(each).__name__)
async def test_what_a_person_did_last_does_not_outlive_them(town: Town, late: Any) -> None:
    others = WritePost(
        post_id=uid(73), forum_id=next(iter(FORUMS)), author_id=BEA, title="A question", text="To whom it concerns"
    )
    await town.hear(others)
    await town.hear(GONE, 5)
    before = await town.harness.stored()
    with pytest.raises(NotFoundError):
        await town.hear(late)

    assert await town.harness.stored() == before
