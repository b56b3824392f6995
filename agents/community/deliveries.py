"""What a provider reports of a message that it took.

A report comes in by a request of the provider's, which has nothing to do with the request that led to the message. So that the
delivery stands in the chain of the latter, a prompt report is only taken down, and told by the timer that the message set.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.refusals import heed
from reptidex.agents.community.telling import message_record
from reptidex.streams.commands.community import RecordDelivered, SettleDelivery
from reptidex.streams.community import NotificationDelivered
from reptidex.streams.contract import Event
from reptidex.tables.community.models import Notification

FIRST_LOOK_S, LAST_LOOK_S = 0.5, 3600.0
PROMPT = timedelta(minutes=1)
"""Where the next look is further off than this, a report is told at once, under its own request."""


def _timer(message: Notification) -> str:
    return f"delivery/{message.notification_id}"


def await_report(unit: Unit, message: Notification, wait_s: float) -> Notification:
    """Look for the report of a message after a while; the look is part of the chain of the message at hand."""
    at = unit.now + timedelta(seconds=wait_s)
    unit.timer(_timer(message), at, SettleDelivery(notification_id=message.notification_id, waited_s=wait_s))
    return replace(message, settles_at=at)


@agent(SettleDelivery, prefetch={Notification: "notification_id"})
async def settle_delivery(command: SettleDelivery, unit: Unit) -> AsyncIterator[Event]:
    """Tell of a delivery that was reported; without a report, look again later, and leave it to the report at last."""
    message = await unit.get(Notification, command.notification_id)
    if message is None or message.status != "sent":
        return
    if message.reported_at is not None:
        message = replace(message, status="delivered", delivered_at=message.reported_at, settles_at=None)
        unit.put(message)
        yield delivered(message, message.reported_at or unit.now)
    elif command.waited_s < LAST_LOOK_S:
        unit.put(await_report(unit, message, command.waited_s * 2))
    else:
        unit.put(replace(message, settles_at=None))


@agent(RecordDelivered, prefetch={Notification: "notification_id"})
async def record_delivered(command: RecordDelivered, unit: Unit) -> AsyncIterator[Event]:
    """Take down that a message arrived, once; also where it had been given up by mistake."""
    message = await unit.get(Notification, command.notification_id)
    if message is None or message.delivered_at is not None or message.reported_at is not None:
        return
    message = replace(message, reported_at=unit.now)
    await heed(unit, message)
    if message.status == "sent" and message.settles_at is not None and message.settles_at - unit.now <= PROMPT:
        unit.put(message)
        return
    unit.cancel_timer(_timer(message))
    unit.put(replace(message, status="delivered", delivered_at=unit.now, settles_at=None, reason=""))
    yield delivered(message, unit.now)


def delivered(message: Notification, at: datetime) -> NotificationDelivered:
    """Return the event that says that a message arrived, or was seen."""
    return NotificationDelivered(**message_record(message), delivered_at=at)
