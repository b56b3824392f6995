"""How a person comes to be told: which channels, which messages, each once for its cause."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from msgspec.structs import replace

from reptidex.agents.agent import Effect, Unit
from reptidex.domain.messages import TEMPLATES, channels_for
from reptidex.streams.community import NotificationSent
from reptidex.streams.contract import Event
from reptidex.tables.community.models import Contact, Notification, Preference
from reptidex.tables.query import select

AT_ONCE = 500
REFUSED = "mail.refused"
"""The message that tells a person that their mailbox takes no mail."""


class SendMessage(Effect, frozen=True, kw_only=True):
    """Send one message by mail; the address is looked up when it goes out."""

    notification_id: str
    recipient_id: str
    template: str
    facts: dict[str, str]


class SendText(Effect, frozen=True, kw_only=True):
    """Send one message as a text; the number is looked up when it goes out."""

    notification_id: str
    recipient_id: str
    template: str
    facts: dict[str, str]


def notification_id(recipient_id: str, template: str, cause_id: str, channel: str) -> str:
    """Return the id of the message that tells a person of something over a channel: the same each time."""
    return str(uuid5(NAMESPACE_URL, f"reptidex:{recipient_id}/{template}/{cause_id}/{channel}"))


def refusal_id(user_id: str) -> str:
    """Return the id of the row that says that a person's mailbox takes no mail (`refusals`)."""
    return notification_id(user_id, REFUSED, "", "email")


async def notify(
    unit: Unit,
    recipients: Sequence[str],
    template: str,
    facts: Mapping[str, str],
    cause_id: str = "",
    *,
    once: str = "",
) -> list[Event]:
    """Make the messages that tell people of the message being handled, each once; return what to publish.

    `once` names what they are told of a single time, however many causes there are for it.

    Nobody who is gone is told anything: news of them that comes late would be kept for ever. Nothing is mailed to a mailbox that
    refuses it, but what its owner has just asked for.
    """
    cause_id = cause_id or unit.cause.id
    said: list[Event] = []
    people = list(dict.fromkeys(recipients))
    for begin in range(0, len(people), AT_ONCE):
        there = await _there(unit, people[begin : begin + AT_ONCE])
        for message in await _missing(unit, there, template, facts, cause_id, once) if there else ():
            if message.channel == "inapp":
                kept = replace(message, status="sent", provider="reptidex", sent_at=unit.now, attempts=1)
                unit.put(kept)
                said.append(sent(kept))
                continue
            unit.put(message)
            send = SendText if message.channel == "sms" else SendMessage
            unit.effect(
                send(
                    notification_id=message.notification_id,
                    recipient_id=message.recipient_id,
                    template=template,
                    facts=message.facts,
                )
            )
    return said


async def _there(unit: Unit, people: Sequence[str]) -> list[str]:
    if len(people) == 1:
        known = await unit.get(Contact, people[0])
        return [] if known is not None and known.gone else list(people)
    gone = {each.user_id for each in await unit.find(select(Contact, Contact.c.user_id.in_(people), Contact.c.gone))}
    return [person for person in people if person not in gone]


async def _missing(
    unit: Unit, people: Sequence[str], template: str, facts: Mapping[str, str], cause_id: str, once: str
) -> list[Notification]:
    """Return the messages that these people are to get and have not been made yet."""
    chosen = await _choices(unit, people)
    wanted = [
        Notification(
            notification_id=notification_id(person, template, once or cause_id, channel),
            recipient_id=person,
            channel=channel,
            template=template,
            facts=dict(facts),
            cause_id=cause_id,
            created_at=unit.now,
        )
        for person in people
        for channel in channels_for(template, chosen.get(person, {}))
    ]
    by_mail = [each for each in wanted if each.channel == "email" and not TEMPLATES[template].link]
    refusals = {each.notification_id: refusal_id(each.recipient_id) for each in by_mail}
    there = await unit.get_many(Notification, [*(each.notification_id for each in wanted), *refusals.values()])
    return [
        each for each in wanted if each.notification_id not in there and refusals.get(each.notification_id) not in there
    ]


async def _choices(unit: Unit, people: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    if len(people) == 1:
        one = await unit.get(Preference, people[0])
        return {one.user_id: one.channels} if one else {}
    found = await unit.find(select(Preference, Preference.c.user_id.in_(people)))
    return {each.user_id: each.channels for each in found}


def sent(message: Notification) -> NotificationSent:
    """Return the event that says that a provider has a message."""
    return NotificationSent(**message_record(message), attempt=max(message.attempts, 1))


def message_record(message: Notification) -> dict[str, Any]:
    """Return the fields that every event about a message has."""
    return {
        "notification_id": message.notification_id,
        "recipient_id": message.recipient_id,
        "channel": message.channel,
        "template": message.template,
        "provider": message.provider,
        "provider_reference": message.provider_reference,
        "cause_id": message.cause_id,
    }
