"""Mailboxes that take no mail: remembered, told to their owners in the application, and written to no more.

What is remembered is a row among the messages, `refused` in its state, one a person. It goes when another address takes a
letter or is confirmed, when a letter arrives that its owner asked for since, and when an operator says so.
"""

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.telling import REFUSED, notification_id, notify, refusal_id
from reptidex.domain.messages import TEMPLATES
from reptidex.errors import NotFoundError
from reptidex.streams.commands.community import ForgetRefusal
from reptidex.streams.contract import Event
from reptidex.tables.community.models import SENT_TO, Notification

BOUNCED = "the letter came back"


async def refuse(unit: Unit, message: Notification, address: str, detail: str) -> list[Event]:
    """Remember that the mailbox which a mail was for takes none, and tell its owner, once for each address."""
    address = address or message.facts.get(SENT_TO, "")
    person, key = message.recipient_id, refusal_id(message.recipient_id)
    known = await unit.get(Notification, key)
    if known is not None and known.facts[SENT_TO] != address:
        _forget(unit, person)
    unit.put(
        Notification(
            notification_id=key,
            recipient_id=person,
            channel="email",
            template=REFUSED,
            facts={SENT_TO: address},
            cause_id=message.cause_id,
            status="refused",
            reason=detail or BOUNCED,
            created_at=unit.now,
        )
    )
    return await notify(unit, [person], REFUSED, {"reason": detail or BOUNCED}, message.cause_id, once=REFUSED)


async def heed(unit: Unit, message: Notification) -> None:
    """Send mails again where a server has taken one that was asked for since its like were refused.

    That a letter was taken says nothing where letters came back that had been taken before: then only that one arrived does.
    """
    template = TEMPLATES[message.template]
    if not template.link or template.to != "email":
        return
    known = await unit.get(Notification, refusal_id(message.recipient_id))
    if known is None or message.created_at < known.created_at:
        return
    other = message.facts.get(SENT_TO, "") != known.facts[SENT_TO]
    if other or known.reason != BOUNCED or message.reported_at is not None:
        _forget(unit, message.recipient_id)


async def forget_other(unit: Unit, user_id: str, address: str) -> None:
    """Forget the refusal of an address that is not this one; any where this is empty: the present one was confirmed."""
    known = await unit.get(Notification, refusal_id(user_id))
    if known is not None and (not address or known.facts[SENT_TO] != address):
        _forget(unit, user_id)


def _forget(unit: Unit, user_id: str) -> None:
    unit.delete(Notification, refusal_id(user_id))
    unit.delete(Notification, notification_id(user_id, REFUSED, REFUSED, "inapp"))


@agent(ForgetRefusal)
async def forget_refusal(command: ForgetRefusal, unit: Unit) -> None:
    """Send a person mails again, as an operator wishes."""
    known = await unit.get(Notification, refusal_id(command.user_id))
    if known is None:
        raise NotFoundError("refusal", command.user_id)
    _forget(unit, command.user_id)
    unit.answer(replace(known, status="forgotten"))
