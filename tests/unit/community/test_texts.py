"""Texts: for who confirmed a number and chose them, until they stop them; and what their provider reports."""

from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web

from reptidex.connectors.texts.memory import MemoryTexter
from reptidex.connectors.texts.twilio import TwilioTexter
from reptidex.domain.messages import SHORT
from reptidex.doubles.texts import LOST, TextCatcher
from reptidex.doubles.web import served
from reptidex.streams.commands.community import Notify, SetPreferences
from reptidex.streams.community import NotificationDelivered, NotificationFailed
from reptidex.streams.core import AuthUserUpdated
from reptidex.tables.community import queries
from reptidex.tables.community.models import Notification, Preference
from reptidex.tables.query import select
from reptidex.testing import eventually
from tests.unit.community.square import Square
from tests.unit.community.town import SAM, Town, uid

NUMBER, STOPPED = "+491701234567", "+15005550004"
BY_TEXT = {"channels": {"order.cancelled": ["sms", "inapp"], "inquiry.created": ["sms"]}}


@pytest.fixture
def texts(town: Town) -> MemoryTexter:
    """Let Sam have a number and texts be sent in memory."""
    town.contacts.change = {"telephone": NUMBER}
    town.ports.texter = texter = MemoryTexter()
    texter.stopped.add(STOPPED)
    return texter


async def choose(town: Town) -> None:
    channels: Any = {name: tuple(kinds) for name, kinds in BY_TEXT["channels"].items()}
    await town.hear(SetPreferences(user_id=SAM, channels=channels))


async def tell(town: Town, cause: int = 100, **facts: str) -> list[tuple[str, str]]:
    said = await town.hear(Notify(recipient_id=SAM, template="order.cancelled", facts=facts, cause_id=uid(cause)))
    return [(type(each).__name__, each.channel) for each in said if hasattr(each, "channel")]


async def test_what_was_chosen_comes_as_a_text_in_one_line(town: Town, texts: MemoryTexter) -> None:
    await choose(town)
    said = await tell(town, title="Kiwi", reason="the buyer\nchanged their mind")

    assert texts.sent == [(NUMBER, "The order of “Kiwi” ended: the buyer changed their mind.")]
    assert sorted(said) == [("NotificationSent", "inapp"), ("NotificationSent", "sms")]
    assert town.mailer.sent == []


async def test_a_long_message_is_cut(town: Town, texts: MemoryTexter) -> None:
    await choose(town)
    await tell(town, title="Kiwi", reason="x" * 1000)

    [(_, text)] = texts.sent
    assert len(text) == SHORT and text.endswith("x…")


async def test_the_code_goes_to_the_number_that_waits_and_not_once_it_is_used(town: Town, texts: MemoryTexter) -> None:
    town.contacts.change |= {"new_telephone": "+447700900123", "telephone_code": "012345"}
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("telephone_requested",)), 2)
    town.contacts.change |= {"new_telephone": "", "telephone_code": ""}
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("telephone_requested",)), 3)

    [(number, text)] = texts.sent
    assert number == "+447700900123" and text.startswith("012345 is your ReptiDex code.")
    assert "012345" not in repr(await town.harness.find(select(Notification)))


async def test_who_stops_them_gets_none_any_more_and_reads_in_the_application_instead(
    town: Town, texts: MemoryTexter
) -> None:
    await choose(town)
    town.contacts.change = {"telephone": STOPPED}
    said = await tell(town)
    chosen = await town.harness.get(Preference, SAM)
    again = await tell(town, 101)

    assert ("NotificationFailed", "sms") in said and chosen is not None
    assert chosen.channels == {"order.cancelled": ["inapp"], "inquiry.created": ["inapp"]}
    assert again == [("NotificationSent", "inapp")]
    notices = await town.harness.find(queries.notifications_of(SAM, unread=True))
    assert [each.template for each in notices].count("texts.refused") == 1


async def test_a_removed_number_takes_texts_off_what_was_chosen(town: Town, texts: MemoryTexter) -> None:
    await choose(town)
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("telephone_removed",)), 2)

    assert await tell(town) == [("NotificationSent", "inapp")]
    assert texts.sent == []


async def test_texts_are_chosen_by_who_has_a_number(square: Square) -> None:
    town = square.town

    async def choice() -> int:
        status, _ = await square.call("PUT", "/notifications/preferences", "sam", BY_TEXT)
        return int(status)

    answers = [await choice()]
    town.ports.texter = MemoryTexter()
    answers.append(await choice())
    town.contacts.change = {"telephone": NUMBER}
    answers.append(await choice())

    assert answers == [422, 409, 200]
    assert (await square.get("/notifications/preferences", "sam"))["channels"]["inquiry.created"] == ["sms"]


@pytest.mark.parametrize(("number", "outcome"), [(NUMBER, NotificationDelivered), (LOST, NotificationFailed)])
async def test_what_became_of_a_text_is_reported_and_told(square: Square, number: str, outcome: type[Any]) -> None:
    town, catcher = square.town, TextCatcher()

    def build(_: str) -> web.Application:
        app = web.Application()
        app.add_routes(catcher.routes())
        return app

    async with served(build) as url:
        town.contacts.change = {"telephone": number}
        reports = str(square.client.make_url("/webhooks/texts"))
        town.ports.texter = TwilioTexter(
            account=catcher.account, token=catcher.token, sender="+15005550006", url=url, reports=reports
        )
        await choose(town)
        await tell(town)
        await eventually(lambda: catcher.reports.accepted == 1)
        await town.ports.texter.aclose()
        await catcher.reports.aclose()
    found = await town.harness.find(select(Notification))
    [message] = [each for each in found if each.channel == "sms"]
    town.harness.now = max(town.harness.now, message.settles_at or town.harness.now)
    await town.harness.advance()

    assert [type(each.data) for each in town.harness.events if isinstance(each.data, outcome)] == [outcome]
    assert len(await town.harness.find(queries.refusals())) == 0


async def test_a_report_that_is_not_signed_is_refused(square: Square) -> None:
    form = urlencode({"MessageSid": "SM1", "MessageStatus": "delivered"}).encode()
    answers = []
    for texter in (None, MemoryTexter()):
        square.town.ports.texter = texter
        async with square.client.post("/webhooks/texts", data=form) as answer:
            answers.append(answer.status)

    assert answers == [401, 401]
