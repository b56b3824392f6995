"""What becomes of a message: handed to a provider, given up, read; and people's wishes about messages."""

from collections.abc import AsyncIterator

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Call, Unit, agent, carries_out
from reptidex.agents.community.deliveries import FIRST_LOOK_S, await_report, delivered
from reptidex.agents.community.people import check_here
from reptidex.agents.community.refusals import heed, refuse
from reptidex.agents.community.telling import SendMessage, message_record, notify, sent
from reptidex.agents.community.texts import refuse_texts
from reptidex.connectors.mail.port import UndeliverableError
from reptidex.domain.messages import TEMPLATES, channels_for, fill
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.community import (
    Notify,
    NotifyMembers,
    ReadNotification,
    RecordFailed,
    RecordSent,
    SetPreferences,
    StopMails,
)
from reptidex.streams.community import FailureReason, NotificationFailed
from reptidex.streams.contract import Command, Event
from reptidex.tables.community.models import SENT_TO, Contact, Notification, Preference

ATTEMPTS = 14
"""Over about twenty minutes: the engine waits longer after each."""


def _failed(effect: SendMessage, reason: FailureReason, attempts: int = 1) -> RecordFailed:
    return RecordFailed(notification_id=effect.notification_id, reason=reason, attempts=attempts)


def give_up(effect: SendMessage, cause: str) -> Command:
    """Say that the provider could not be reached in all the attempts."""
    return _failed(effect, "provider", ATTEMPTS)


@carries_out(SendMessage, attempts=ATTEMPTS, failed=give_up)
async def send_message(effect: SendMessage, call: Call) -> Command:
    """Look up the address at repti-core, fill the template in and hand the letter to the provider."""
    try:
        contact = await call.ports.contacts.of(effect.recipient_id)
    except NotFoundError:
        return _failed(effect, "address", call.attempt)
    template, facts = TEMPLATES[effect.template], msgspec.structs.asdict(contact)
    email = facts[template.to]
    if not email or (template.link and not facts[template.link]):
        return _failed(effect, "expired", call.attempt)
    try:
        stop = call.ports.stop_links.of(effect.recipient_id, effect.template)
        words = fill(effect.template, effect.facts | facts, stop)
        reference = await call.ports.mail(email, words, key=call.idempotency_key, unsubscribe=stop)
    except UndeliverableError as refused:
        failed = _failed(effect, "refused", call.attempt)
        return replace(failed, address=contact.address_hash, detail=str(refused)) if refused.mailbox else failed
    except InvalidError:
        return _failed(effect, "address", call.attempt)
    return RecordSent(
        notification_id=effect.notification_id,
        provider=call.ports.mail_provider,
        provider_reference=reference,
        attempt=call.attempt,
        address=contact.address_hash,
    )


@agent(Notify, prefetch={Contact: "recipient_id", Preference: "recipient_id"})
async def notify_person(command: Notify, unit: Unit) -> AsyncIterator[Event]:
    """Tell a person what a service or an administrator wants them to know."""
    for event in await notify(unit, [command.recipient_id], command.template, command.facts, command.cause_id):
        yield event


@agent(NotifyMembers)
async def notify_members(command: NotifyMembers, unit: Unit) -> AsyncIterator[Event]:
    """Tell members of a vivarium what happened to it."""
    for event in await notify(unit, command.recipients, command.template, command.facts, command.cause_id):
        yield event


@agent(RecordSent, prefetch={Notification: "notification_id"})
async def record_sent(command: RecordSent, unit: Unit) -> AsyncIterator[Event]:
    """Take down that a provider took a message over. A person may be gone by then, and the message with them."""
    message = await unit.get(Notification, command.notification_id)
    if message is None or message.status != "waiting":
        return
    message = replace(
        message,
        status="sent",
        provider=command.provider,
        provider_reference=command.provider_reference,
        attempts=command.attempt,
        sent_at=unit.now,
        facts=message.facts | {SENT_TO: command.address},
    )
    unit.put(await_report(unit, message, FIRST_LOOK_S))
    await heed(unit, message)
    yield sent(message)


@agent(RecordFailed, prefetch={Notification: "notification_id"})
async def record_failed(command: RecordFailed, unit: Unit) -> AsyncIterator[Event]:
    """Take down that a message was given up or came back, and say why; where the mailbox takes none, no more are sent there."""
    message = await unit.get(Notification, command.notification_id)
    # A server that took a letter may still send it back: what was reported as delivered was not.
    open_to = ("waiting", "sent", "delivered") if command.reason == "bounced" else ("waiting", "sent")
    if message is None or message.status not in open_to:
        return
    attempts = max(command.attempts, message.attempts, 1)
    unit.put(replace(message, status="failed", reason=command.reason, attempts=attempts))
    yield NotificationFailed(**message_record(message), reason=command.reason, attempts=attempts)
    for event in await _heed_refusal(unit, message, command):
        yield event


async def _heed_refusal(unit: Unit, message: Notification, command: RecordFailed) -> list[Event]:
    if message.channel == "sms":
        return await refuse_texts(unit, message, command.detail) if command.reason in ("refused", "address") else []
    own = TEMPLATES[message.template].to == "email"  # an address that is asked for is not the account's yet
    if own and (command.address or command.reason == "bounced"):
        return await refuse(unit, message, command.address, command.detail)
    return []


@agent(ReadNotification, prefetch={Notification: "notification_id"})
async def read_notification(command: ReadNotification, unit: Unit) -> AsyncIterator[Event]:
    """Mark a message in the application as seen by its recipient."""
    message = await unit.get(Notification, command.notification_id)
    if message is None or message.recipient_id != command.user_id or message.channel != "inapp":
        raise NotFoundError("notification", command.notification_id)
    if message.read_at is None:
        message = replace(message, status="delivered", delivered_at=unit.now, read_at=unit.now)
        unit.put(message)
        yield delivered(message, unit.now)
    unit.answer(message)


@agent(SetPreferences, prefetch={Preference: "user_id", Contact: "user_id"})
async def set_preferences(command: SetPreferences, unit: Unit) -> None:
    """Keep over which channels a person wants to hear of what."""
    await check_here(unit, command.user_id)
    known = await unit.get(Preference, command.user_id)
    chosen: dict[str, list[str]] = {name: list(dict.fromkeys(kinds)) for name, kinds in command.channels.items()}
    channels = (known.channels if known else {}) | chosen
    _wish(unit, command.user_id, channels)


@agent(StopMails, prefetch={Preference: "user_id", Contact: "user_id"})
async def stop_mails(command: StopMails, unit: Unit) -> None:
    """Take mail off the channels for one kind of message; the others stay as they were chosen."""
    await check_here(unit, command.user_id)
    known = await unit.get(Preference, command.user_id)
    channels = dict(known.channels) if known else {}
    left = [channel for channel in channels_for(command.template, channels) if channel != "email"]
    _wish(unit, command.user_id, channels | {command.template: left})


def _wish(unit: Unit, user_id: str, channels: dict[str, list[str]]) -> None:
    preference = Preference(user_id=user_id, channels=channels)
    unit.put(preference)
    unit.answer(preference)
