"""A mailbox that takes no mail is written to no more, until it takes one again."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reptidex.streams.commands.community import Notify, RecordDelivered, RecordFailed
from reptidex.streams.core import AuthSessionStarted, AuthUserDeleted, AuthUserUpdated
from reptidex.tables.community import queries
from reptidex.tables.community.models import Notification
from reptidex.tables.query import select
from tests.unit.community.square import Square
from tests.unit.community.town import SAM, Town, newcomer, uid

MAILBOX = "u01@example.com"
SOON = datetime(2026, 6, 1, tzinfo=UTC)
HASH = hashlib.sha256(MAILBOX.encode()).hexdigest()


async def _tell(town: Town, cause: int, template: str = "order.cancelled") -> list[tuple[str, str]]:
    """Tell Sam something; return what was published of it, and by which channel."""
    said = await town.hear(Notify(recipient_id=SAM, template=template, cause_id=uid(cause)))
    return [(type(each).__name__, each.channel) for each in said]


async def _ask(town: Town, sequence: int, **more: Any) -> None:
    """Have Sam ask for a letter: the link that sets a new password."""
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("password_reset_requested",), **more), sequence)


async def _refuse(town: Town) -> None:
    town.mailer.refused.add(MAILBOX)
    await _tell(town, 100)


async def _bounce(town: Town) -> None:
    await _tell(town, 100)
    [message] = [each for each in await town.harness.find(select(Notification)) if each.channel == "email"]
    await town.hear(RecordFailed(notification_id=message.notification_id, reason="bounced"))


async def _refusals(town: Town) -> list[tuple[str, str, dict[str, str]]]:
    return [(each.recipient_id, each.reason, each.facts) for each in await town.harness.find(queries.refusals())]


@pytest.mark.parametrize(
    ("came_about", "reason"), [(_refuse, "550 5.1.1 no such mailbox"), (_bounce, "the letter came back")]
)
async def test_it_is_remembered_and_only_the_application_tells_its_owner_from_then_on(
    town: Town, came_about: Any, reason: str
) -> None:
    await came_about(town)
    sent = len(town.mailer.sent)
    said = [await _tell(town, 101), await _tell(town, 102)]
    alarm = await town.hear(
        AuthSessionStarted(user_id=SAM, session_id=uid(50), new_device=True, how="password", expires_at=SOON)
    )

    assert await _refusals(town) == [(SAM, reason, {"sent_to": HASH})]
    assert said == [[("NotificationSent", "inapp")]] * 2
    assert [(each.template, each.channel) for each in alarm] == [("session.new", "inapp")]
    assert len(town.mailer.sent) == sent
    assert MAILBOX not in repr(await town.harness.find(select(Notification)))


async def test_an_address_that_somebody_asks_to_have_says_nothing_of_the_one_they_have(town: Town) -> None:
    wanted = {"new_email": "typo@example.com", "change_link": "http://core.invalid/auth/email/confirm?token=1"}
    town.contacts.change = wanted
    town.mailer.refused.add(wanted["new_email"])
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("email_change_requested",)), 2)

    assert await _refusals(town) == []
    town.mailer.refused.clear()
    await _refuse(town)
    town.contacts.change = wanted | {"new_email": "sam@example.net"}
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("email_change_requested",)), 3)

    assert town.mailer.sent[-1]["To"] == "sam@example.net"
    assert len(await _refusals(town)) == 1


async def test_its_owner_is_told_once(town: Town) -> None:
    await _refuse(town)
    await _ask(town, 2)
    await _ask(town, 3)
    notices = await town.harness.find(queries.notifications_of(SAM, unread=True))

    assert [each.facts for each in notices if each.template == "mail.refused"] == [
        {"reason": "550 5.1.1 no such mailbox"}
    ]


async def test_a_letter_that_is_refused_for_its_words_says_nothing_of_the_mailbox(town: Town) -> None:
    await town.harness.handle(Notify(recipient_id=SAM, template="order.cancelled", cause_id=uid(100)))
    [message] = [each for each in await town.harness.find(select(Notification)) if each.channel == "email"]
    await town.hear(RecordFailed(notification_id=message.notification_id, reason="refused"))

    assert await _refusals(town) == []


async def test_what_was_asked_for_is_sent_all_the_same_and_mails_go_on_once_it_is_taken(town: Town) -> None:
    await _refuse(town)
    await _ask(town, 2)
    still = len(await _refusals(town))
    town.mailer.refused.clear()
    await _ask(town, 3)

    assert (still, await _refusals(town)) == (1, [])
    assert town.subjects == ["A new password for ReptiDex"]
    assert ("NotificationSent", "email") in await _tell(town, 101)
    notices = await town.harness.find(queries.notifications_of(SAM, unread=False))
    assert "mail.refused" not in {each.template for each in notices}


async def test_where_letters_came_back_that_were_taken_only_one_that_arrives_counts(town: Town) -> None:
    await _bounce(town)
    await _ask(town, 2)
    taken = len(await _refusals(town))
    [asked] = [each for each in await town.harness.find(select(Notification)) if each.template == "password.reset"]
    report = RecordDelivered(notification_id=asked.notification_id, provider_reference=asked.provider_reference)
    await town.hear(report)

    assert (taken, await _refusals(town)) == (1, [])


async def test_a_letter_that_comes_back_after_it_was_reported_as_delivered_came_back(town: Town) -> None:
    await _tell(town, 100)
    [message] = [each for each in await town.harness.find(select(Notification)) if each.channel == "email"]
    await town.harness.advance(by=timedelta(minutes=5))
    report = RecordDelivered(notification_id=message.notification_id, provider_reference=message.provider_reference)
    back = RecordFailed(notification_id=message.notification_id, reason="bounced")
    said = [[type(each).__name__ for each in await town.hear(each)] for each in (report, back, back)]

    assert said == [["NotificationDelivered"], ["NotificationFailed", "NotificationSent"], []]
    assert len(await _refusals(town)) == 1


async def test_another_address_takes_mail_as_soon_as_one_has_gone_there(town: Town) -> None:
    await _bounce(town)
    town.contacts.moved[SAM] = "sam@example.org"
    await _ask(town, 2)

    assert await _refusals(town) == []


@pytest.mark.parametrize(
    ("news", "left"),
    [
        ({"changed": ("email_verified",), "email_verified": True}, 0),
        ({"changed": ("email",), "email_hash": "f" * 64}, 0),
        ({"changed": ("email",), "email_hash": HASH}, 1),
        ({"changed": ("password",)}, 1),
    ],
)
async def test_it_ends_with_the_address_and_where_the_address_is_confirmed(
    town: Town, news: dict[str, Any], left: int
) -> None:
    await _refuse(town)
    await town.hear(AuthUserUpdated(user_id=SAM, **news), 2)

    assert len(await _refusals(town)) == left


async def test_another_mailbox_that_is_refused_takes_the_place_of_the_first(town: Town) -> None:
    await _refuse(town)
    town.contacts.moved[SAM] = "sam@example.org"
    town.mailer.refused.add("sam@example.org")
    await _ask(town, 2)

    [(_, _, facts)] = await _refusals(town)
    assert facts["sent_to"] != HASH


async def test_who_is_erased_leaves_no_refusal(town: Town) -> None:
    await town.hear(newcomer())
    await _refuse(town)
    await town.hear(AuthUserDeleted(user_id=SAM, reason="requested"), 5)

    assert await _refusals(town) == []


async def test_operators_see_them_and_have_them_forgotten(square: Square) -> None:
    await _refuse(square.town)
    path = f"/notifications/refused/{SAM}"
    strangers = [(await square.call("DELETE", path, who))[0] for who in ("", "sam", "repti-core")]
    [seen] = (await square.get("/notifications/refused", "admin"))["items"]
    first, again = await square.call("DELETE", path, "admin"), await square.call("DELETE", path, "admin")

    assert strangers == [401, 403, 403]
    assert (seen["user_id"], seen["address_hash"], seen["reason"]) == (SAM, HASH, "550 5.1.1 no such mailbox")
    assert (first[0], first[1]["user_id"], again[0]) == (200, SAM, 404)
    assert await _refusals(square.town) == []
