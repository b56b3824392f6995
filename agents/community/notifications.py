"""Messages: who is told of what, over which channel; sent by an effect, delivered when the provider says so."""

from collections.abc import AsyncIterator, Mapping

from msgspec.structs import replace

from reptidex.agents.agent import Call, Effect, Unit, agent, carries_out
from reptidex.domain.messages import channels_for, fill
from reptidex.errors import NotFoundError
from reptidex.streams.commands.community import (
    Notify,
    ReadNotification,
    RecordDelivered,
    RecordFailed,
    RecordSent,
    SetPreferences,
)
from reptidex.streams.community import Channel, NotificationDelivered, NotificationFailed, NotificationSent
from reptidex.streams.contract import Command, Event
from reptidex.tables.community import queries
from reptidex.tables.community.models import Notification, Preference

ATTEMPTS = 6


class SendMessage(Effect, frozen=True, kw_only=True):
    """Send one message by mail; the address is looked up when it goes out."""

    notification_id: str
    recipient_id: str
    template: str
    facts: dict[str, str]


def give_up(effect: SendMessage, cause: str) -> Command:
    """Say that a message was given up."""
    reason = "address" if cause.startswith(("InvalidError", "UndeliverableError", "NotFoundError")) else "provider"
    return RecordFailed(notification_id=effect.notification_id, reason=reason, attempts=ATTEMPTS)  # type: ignore[arg-type]


@carries_out(SendMessage, attempts=ATTEMPTS, failed=give_up)
async def send_message(effect: SendMessage, call: Call) -> Command:
    """Look up the address at repti-core, fill the template in and hand the letter to the provider."""
    contact = await call.ports.contacts.of(effect.recipient_id)
    facts = {"display_name": contact.display_name, "link": contact.link} | effect.facts
    reference = await call.ports.mail(contact.email, fill(effect.template, facts), key=call.idempotency_key)
    return RecordSent(
        notification_id=effect.notification_id,
        provider=call.ports.mail_provider,
        provider_reference=reference,
        attempt=call.attempt,
    )


async def notify(
    unit: Unit, recipient_id: str, template: str, facts: Mapping[str, str], cause_id: str = ""
) -> list[Event]:
    """Make the messages that tell one person of the message being handled, once for each cause; return what to publish."""
    cause_id = cause_id or unit.cause.id
    if await unit.find(queries.same_message(recipient_id, template, cause_id)):
        return []
    chosen = await unit.get(Preference, recipient_id)
    said: list[Event] = []
    for channel in channels_for(template, chosen.channels if chosen else {}):
        message = Notification(
            notification_id=unit.new_id(),
            recipient_id=recipient_id,
            channel=channel,
            template=template,
            facts=dict(facts),
            cause_id=cause_id,
            created_at=unit.now,
        )
        if channel == "inapp":
            message = replace(message, status="sent", provider="reptidex", sent_at=unit.now, attempts=1)
            said.append(_sent(message))
        else:
            unit.effect(
                SendMessage(
                    notification_id=message.notification_id,
                    recipient_id=recipient_id,
                    template=template,
                    facts=dict(facts),
                )
            )
        unit.put(message)
    return said


def _sent(message: Notification) -> NotificationSent:
    return NotificationSent(
        notification_id=message.notification_id,
        recipient_id=message.recipient_id,
        channel=_channel(message),
        template=message.template,
        provider=message.provider,
        provider_reference=message.provider_reference,
        cause_id=message.cause_id,
        attempt=max(message.attempts, 1),
    )


def _channel(message: Notification) -> Channel:
    channel: Channel = message.channel  # type: ignore[assignment]  # stored as it was chosen
    return channel


@agent(Notify, prefetch={Preference: "recipient_id"})
async def notify_person(command: Notify, unit: Unit) -> AsyncIterator[Event]:
    """Tell a person what a service or an administrator wants them to know."""
    for event in await notify(unit, command.recipient_id, command.template, command.facts, command.cause_id):
        yield event


@agent(RecordSent, prefetch={Notification: "notification_id"})
async def record_sent(command: RecordSent, unit: Unit) -> AsyncIterator[Event]:
    """Take down that a provider took a message over."""
    message = await unit.need(Notification, command.notification_id)
    if message.status not in ("waiting", "failed"):
        return
    message = replace(
        message,
        status="sent",
        provider=command.provider,
        provider_reference=command.provider_reference,
        attempts=command.attempt,
        sent_at=unit.now,
    )
    unit.put(message)
    yield _sent(message)


@agent(RecordDelivered, prefetch={Notification: "notification_id"})
async def record_delivered(command: RecordDelivered, unit: Unit) -> AsyncIterator[Event]:
    """Take down that a message arrived. A report that overtakes the provider's answer counts for both."""
    message = await unit.need(Notification, command.notification_id)
    if message.delivered_at is not None:
        return
    if message.status == "waiting":
        message = replace(
            message, status="sent", provider_reference=command.provider_reference, sent_at=unit.now, attempts=1
        )
        yield _sent(message)
    message = replace(message, status="delivered", delivered_at=unit.now)
    unit.put(message)
    yield _delivered(message, unit)


def _delivered(message: Notification, unit: Unit) -> NotificationDelivered:
    return NotificationDelivered(
        notification_id=message.notification_id,
        recipient_id=message.recipient_id,
        channel=_channel(message),
        template=message.template,
        provider=message.provider,
        provider_reference=message.provider_reference,
        cause_id=message.cause_id,
        delivered_at=unit.now,
    )


@agent(RecordFailed, prefetch={Notification: "notification_id"})
async def record_failed(command: RecordFailed, unit: Unit) -> AsyncIterator[Event]:
    """Take down that a message was given up, and say why."""
    message = await unit.need(Notification, command.notification_id)
    if message.status != "waiting":
        return
    message = replace(message, status="failed", reason=command.reason, attempts=command.attempts)
    unit.put(message)
    yield NotificationFailed(
        notification_id=message.notification_id,
        recipient_id=message.recipient_id,
        channel=_channel(message),
        template=message.template,
        provider=message.provider,
        cause_id=message.cause_id,
        reason=command.reason,
        attempts=max(command.attempts, 1),
    )


@agent(ReadNotification, prefetch={Notification: "notification_id"})
async def read_notification(command: ReadNotification, unit: Unit) -> AsyncIterator[Event]:
    """Mark a message in the application as seen by its recipient."""
    message = await unit.get(Notification, command.notification_id)
    if message is None or message.recipient_id != command.user_id or message.channel != "inapp":
        raise NotFoundError("notification", command.notification_id)
    if message.read_at is None:
        message = replace(message, status="delivered", delivered_at=unit.now, read_at=unit.now)
        unit.put(message)
        yield _delivered(message, unit)
    unit.answer(message)


@agent(SetPreferences, prefetch={Preference: "user_id"})
async def set_preferences(command: SetPreferences, unit: Unit) -> None:
    """Keep over which channels a person wants to hear of what."""
    known = await unit.get(Preference, command.user_id)
    channels = (known.channels if known else {}) | {name: list(kinds) for name, kinds in command.channels.items()}
    preference = Preference(user_id=command.user_id, channels=channels)
    unit.put(preference)
    unit.answer(preference)
