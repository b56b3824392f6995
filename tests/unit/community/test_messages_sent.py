"""From a message to its delivery, or to its end."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from reptidex.agents.community.notifications import ATTEMPTS, send_message
from reptidex.agents.engine.carrying import Attempt
from reptidex.errors import NotFoundError, UnavailableError
from reptidex.streams.animal import BreedingClutchCreated, BreedingClutchUpdated, ClutchRecord
from reptidex.streams.commands.community import (
    Follow,
    Notify,
    ReadNotification,
    RecordDelivered,
    RecordFailed,
    SetPreferences,
)
from reptidex.streams.commerce import OrderCancelled, SalesInquiryCreated, SalesInquiryResponded
from reptidex.streams.community import (
    CommunityInteractionFollowed,
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
)
from reptidex.streams.values import Party
from reptidex.tables.community.models import Notification
from reptidex.tables.effects import EffectRow
from reptidex.tables.query import select
from tests.unit.community.town import BEA, LISTING, OTHER, SAM, STOP, VIVARIUM, Town, newcomer, offer, order, uid


async def _only(town: Town) -> Notification:
    [message] = await town.harness.find(select(Notification))
    return message


def _report(message: Notification) -> RecordDelivered:
    return RecordDelivered(notification_id=message.notification_id, provider_reference=message.provider_reference)


async def test_a_delivery_is_told_once_in_the_chain_of_what_the_message_tells(town: Town) -> None:
    await town.hear(newcomer(), correlation_id="the registration")
    message = await _only(town)
    await town.hear(_report(message), correlation_id="the report")
    [said] = await town.harness.advance(by=timedelta(seconds=1))

    assert isinstance(said, NotificationDelivered)
    assert said.cause_id == message.cause_id
    assert town.harness.events[-1].correlationid == "the registration"
    assert await town.hear(_report(message)) + await town.harness.advance(by=timedelta(days=1)) == []


async def test_a_late_delivery_is_told_at_once(town: Town) -> None:
    await town.hear(newcomer())
    await town.harness.advance(by=timedelta(minutes=5))
    [said] = await town.hear(_report(await _only(town)))

    assert isinstance(said, NotificationDelivered)
    assert await town.harness.advance(by=timedelta(days=1)) == []


async def test_a_message_that_is_never_reported_is_waited_for_an_hour_and_then_left_alone(town: Town) -> None:
    await town.hear(newcomer())
    await town.harness.advance(by=timedelta(hours=5))

    assert await town.harness.timers == {}
    assert [type(each) for each in await town.hear(_report(await _only(town)))] == [NotificationDelivered]


async def test_a_letter_that_was_given_up_and_arrived_after_all_is_delivered(town: Town) -> None:
    await town.harness.handle(newcomer(), sequence=1)
    await town.harness.fail_effects("mail does not answer: 451")
    [said] = await town.hear(_report(await _only(town)))

    assert isinstance(said, NotificationDelivered)


async def test_a_message_carries_no_address_into_rows_and_events(town: Town) -> None:
    said = await town.hear(newcomer())
    message = await _only(town)

    assert "example.com" not in repr(message).replace(message.provider_reference, "")
    assert "u01@" not in repr(said)


async def test_a_provider_that_is_down_is_tried_again_with_the_same_message_id(town: Town) -> None:
    await town.harness.handle(newcomer(), sequence=1)
    [row] = await town.harness.find(select(EffectRow))
    [effect] = await town.harness.effects
    town.mailer.down = True
    with pytest.raises(UnavailableError):
        await send_message.carry(effect, Attempt(row, town.ports))
    town.mailer.down = False
    first: Any = await send_message.carry(effect, Attempt(row, town.ports))
    second: Any = await send_message.carry(effect, Attempt(row, town.ports))

    assert first.provider_reference == second.provider_reference
    await town.settle()


async def test_a_provider_that_stays_down_ends_in_a_failed_message(town: Town) -> None:
    await town.harness.handle(newcomer(), sequence=1)
    [said] = await town.harness.fail_effects("mail does not answer: 451")

    assert isinstance(said, NotificationFailed)
    assert (said.reason, said.attempts) == ("provider", ATTEMPTS)


async def test_a_mailbox_that_does_not_exist_is_not_tried_twice(town: Town) -> None:
    town.mailer.refused.add("u01@example.com")
    said, told = await town.hear(newcomer())

    assert isinstance(said, NotificationFailed)
    assert (said.reason, told.template, told.channel) == ("refused", "mail.refused", "inapp")


async def test_who_is_gone_when_the_letter_goes_out_gets_none(town: Town) -> None:
    town.contacts.gone.add(SAM)
    [said] = await town.hear(newcomer())

    assert said.reason == "address"


async def test_a_letter_that_comes_back_is_told_of(town: Town) -> None:
    await town.hear(newcomer())
    message = await _only(town)
    said, _ = await town.hear(RecordFailed(notification_id=message.notification_id, reason="bounced"))

    assert (type(said), said.reason, said.attempts) == (NotificationFailed, "bounced", 1)


async def test_buyer_and_seller_are_told_of_an_order_in_the_application_and_by_mail(town: Town) -> None:
    said = await town.hear(order(pay_by=town.harness.now))

    assert sorted((each.recipient_id, each.channel, each.template) for each in said) == [
        (SAM, "email", "order.created.seller"),
        (SAM, "inapp", "order.created.seller"),
        (BEA, "email", "order.created.buyer"),
        (BEA, "inapp", "order.created.buyer"),
    ]


async def test_who_wants_no_mail_of_something_gets_none_of_it(town: Town) -> None:
    await town.hear(SetPreferences(user_id=BEA, channels={"order.cancelled": ("inapp",)}))
    said = await town.hear(order(OrderCancelled, reason="declined"))

    assert sorted((each.recipient_id, each.channel) for each in said) == [
        (SAM, "email"),
        (SAM, "inapp"),
        (BEA, "inapp"),
    ]


async def test_an_inquiry_is_told_to_the_seller_and_its_answer_to_the_buyer(town: Town) -> None:
    await town.hear(offer())
    facts: dict[str, Any] = {
        "inquiry_id": uid(30),
        "listing_id": LISTING,
        "animal_id": uid(21),
        "buyer": Party(vivarium_id=OTHER, user_id=BEA),
        "seller": Party(vivarium_id=VIVARIUM, user_id=SAM),
    }
    await town.hear(SalesInquiryCreated(**facts, state="needs_reply"))
    await town.hear(SalesInquiryResponded(**facts, state="awaiting_buyer", by="seller", messages=2), 2)

    assert [(str(each["To"]), str(each["Subject"])) for each in town.mailer.sent] == [
        ("u01@example.com", "A question about Pastel Clown female"),
        ("u02@example.com", "An answer about Pastel Clown female"),
    ]


async def test_followers_of_morph_and_seller_hear_of_an_offer_once_and_the_seller_does_not(town: Town) -> None:
    await town.hear(Follow(user_id=BEA, target_kind="morph", target_id="Pastel"))
    await town.hear(Follow(user_id=BEA, target_kind="vivarium", target_id=VIVARIUM))
    await town.hear(Follow(user_id=SAM, target_kind="morph", target_id="Clown"))
    said = [each for each in await town.hear(offer()) if isinstance(each, NotificationSent)]

    assert [(each.recipient_id, each.channel) for each in said] == [(BEA, "inapp")]


async def test_an_offer_that_is_not_public_is_nobodys_news(town: Town) -> None:
    await town.hear(Follow(user_id=BEA, target_kind="vivarium", target_id=VIVARIUM))

    assert await town.hear(offer(visibility="unlisted")) == []


async def test_who_follows_no_longer_hears_no_more(town: Town) -> None:
    await town.hear(Follow(user_id=BEA, target_kind="vivarium", target_id=VIVARIUM))
    [said] = await town.hear(Follow(user_id=BEA, target_kind="vivarium", target_id=VIVARIUM, following=False))

    assert isinstance(said, CommunityInteractionFollowed) and not said.following
    assert [each for each in await town.hear(offer()) if isinstance(each, NotificationSent)] == []


def _clutch(visibility: Any) -> BreedingClutchCreated:
    return BreedingClutchCreated(
        clutch_id=uid(31),
        vivarium_id=VIVARIUM,
        species_id=uid(23),
        species="Python regius",
        dam_id=uid(32),
        laid_on=date(2026, 1, 1),
        laid=6,
        visibility=visibility,
    )


async def test_a_clutch_is_told_to_many_followers_each_once(town: Town) -> None:
    people = [uid(1000 + number) for number in range(30)]
    for person in people:
        await town.hear(Follow(user_id=person, target_kind="vivarium", target_id=VIVARIUM))
    said = await town.hear(_clutch("public"))

    assert sorted(each.recipient_id for each in said) == people


async def test_a_private_clutch_is_nobodys_news(town: Town) -> None:
    await town.hear(Follow(user_id=BEA, target_kind="vivarium", target_id=VIVARIUM))

    assert await town.hear(_clutch("private")) == []


async def test_a_clutch_of_long_ago_is_no_news(town: Town) -> None:
    await town.hear(Follow(user_id=BEA, target_kind="vivarium", target_id=VIVARIUM))
    old = msgspec.structs.replace(_clutch("public"), laid_on=date(2024, 1, 1))

    assert await town.hear(old) == []


@pytest.mark.parametrize("changed", ["due", "overdue"])
async def test_the_owners_of_a_vivarium_hear_that_a_clutch_is_due_once(town: Town, changed: str) -> None:
    clutch = _clutch("private")
    record = {name: getattr(clutch, name) for name in ClutchRecord.__struct_fields__}
    record |= {"due_from": date(2026, 2, 25), "due_until": date(2026, 3, 7), "changed": (changed,)}
    event = BreedingClutchUpdated(**record)
    said = [*await town.hear(event), *await town.settle()]
    again = [*await town.hear(msgspec.structs.replace(event, changed=("fertile",))), *await town.settle()]

    sent = [one for one in said if isinstance(one, NotificationSent)]
    assert {(one.recipient_id, one.channel, one.template) for one in sent} == {
        (SAM, channel, f"clutch.{changed}") for channel in ("inapp", "email")
    }
    [letter] = town.mailer.sent
    body = letter.get_body(("plain",))
    text = body.get_content() if body else ""
    assert "Python regius" in letter["Subject"] and "07 March 2026" in text and "…" not in text
    assert again == []


async def test_a_service_that_repeats_itself_is_heard_once(town: Town) -> None:
    command = Notify(recipient_id=SAM, template="clutch.created", cause_id="the same")
    await town.hear(command)

    assert await town.hear(command, message_id=uid(98)) == []


async def test_a_message_is_read_by_its_recipient_alone(town: Town) -> None:
    await town.hear(Notify(recipient_id=SAM, template="clutch.created", cause_id="one"))
    message = await _only(town)
    with pytest.raises(NotFoundError):
        await town.hear(ReadNotification(notification_id=message.notification_id, user_id=BEA))
    [said] = await town.hear(ReadNotification(notification_id=message.notification_id, user_id=SAM))

    assert isinstance(said, NotificationDelivered)
    assert await town.hear(ReadNotification(notification_id=message.notification_id, user_id=SAM)) == []


@pytest.mark.parametrize("channels", [("email", "email"), ("email", "inapp", "email", "inapp")])
async def test_a_channel_that_was_chosen_twice_is_used_once(town: Town, channels: Any) -> None:
    await town.hear(SetPreferences(user_id=BEA, channels={"order.created.buyer": channels}))
    await town.hear(order(pay_by=town.harness.now))
    told = await town.harness.find(select(Notification, Notification.c.recipient_id == BEA))

    assert [str(each["To"]) for each in town.mailer.sent].count("u02@example.com") == 1
    assert sorted(each.channel for each in told) == sorted(set(channels))


@pytest.mark.parametrize("follows", ["pastel", "PASTEL", "Pastel "])
async def test_a_morph_is_followed_however_it_is_written(town: Town, follows: str) -> None:
    await town.hear(Follow(user_id=BEA, target_kind="morph", target_id=follows))

    assert [each.recipient_id for each in await town.hear(offer()) if isinstance(each, NotificationSent)] == [BEA]


async def test_an_offer_that_is_published_again_is_told_of_once(town: Town) -> None:
    await town.hear(Follow(user_id=BEA, target_kind="vivarium", target_id=VIVARIUM))
    told = []
    for version in (1, 3, 5):
        said = await town.hear(offer(), version, message_id=uid(90 + version))
        told.append([each.cause_id for each in said if isinstance(each, NotificationSent)])

    assert told == [[uid(91)], [], []]


async def test_a_clutch_without_a_page_is_told_to_nobody(town: Town) -> None:
    await town.hear(Follow(user_id=BEA, target_kind="vivarium", target_id=VIVARIUM))

    assert await town.hear(_clutch("lineage")) == []


async def test_a_letter_that_is_not_needed_says_how_to_get_no_more_of_them(town: Town) -> None:
    await town.hear(order(OrderCancelled, reason="declined"))
    [letter] = [each for each in town.mailer.sent if each["To"] == "u02@example.com"]
    stop = STOP.of(BEA, "order.cancelled")

    assert (letter["List-Unsubscribe"], letter["List-Unsubscribe-Post"]) == (f"<{stop}>", "List-Unsubscribe=One-Click")
    assert letter.get_payload(0).get_content().split()[-1] == stop  # type: ignore[union-attr]


async def test_a_letter_that_the_account_depends_on_cannot_be_stopped(town: Town) -> None:
    await town.hear(newcomer())
    [letter] = town.mailer.sent

    assert letter["List-Unsubscribe"] is None
