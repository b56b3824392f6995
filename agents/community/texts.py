"""Messages as texts: sent to the number that repti-core knows, stopped where its owner stops them."""

from msgspec.structs import asdict, replace

from reptidex.agents.agent import Call, Unit, carries_out
from reptidex.agents.community.telling import SendText, notify
from reptidex.connectors.texts.port import TextRefusedError
from reptidex.domain.messages import TEMPLATES, fill, in_short
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.community import RecordFailed, RecordSent
from reptidex.streams.contract import Command, Event
from reptidex.tables.community.models import Notification, Preference

ATTEMPTS = 14
"""Over about twenty minutes: the engine waits longer after each."""
REFUSED = "texts.refused"
"""The message that tells a person that their number takes no texts."""


def give_up(effect: SendText, cause: str) -> Command:
    """Say that the provider could not be reached in all the attempts."""
    return RecordFailed(notification_id=effect.notification_id, reason="provider", attempts=ATTEMPTS)


@carries_out(SendText, attempts=ATTEMPTS, failed=give_up)
async def send_text(effect: SendText, call: Call) -> Command:
    """Look up the number at repti-core, fill the template in and hand the text to the provider."""
    failed = RecordFailed(notification_id=effect.notification_id, reason="address", attempts=call.attempt)
    try:
        contact = asdict(await call.ports.contacts.of(effect.recipient_id))
    except NotFoundError:
        return failed
    template = TEMPLATES[effect.template]
    if template.link and not contact[template.link]:
        return replace(failed, reason="expired")
    if call.ports.texter is None:
        return replace(failed, reason="provider")
    number = contact[template.to if template.to != "email" else "telephone"]
    try:
        text = in_short(fill(effect.template, effect.facts | contact))
        reference = await call.ports.texter.send(number, text, key=call.idempotency_key)
    except TextRefusedError as refused:
        return replace(failed, reason="refused", detail=f"{refused.code} {refused}")
    except InvalidError:
        return failed
    return RecordSent(
        notification_id=effect.notification_id,
        provider=call.ports.texter.name,
        provider_reference=reference,
        attempt=call.attempt,
    )


async def without_texts(unit: Unit, user_id: str) -> bool:
    """Take texts off what a person chose; what came by text alone stands in the application. Tell whether there were any."""
    known = await unit.get(Preference, user_id)
    if known is None or not any("sms" in kinds for kinds in known.channels.values()):
        return False
    unit.put(replace(known, channels={name: _others(kinds) for name, kinds in known.channels.items()}))
    return True


def _others(kinds: list[str]) -> list[str]:
    return [kind for kind in kinds if kind != "sms"] or ["inapp"] if "sms" in kinds else kinds


async def refuse_texts(unit: Unit, message: Notification, detail: str) -> list[Event]:
    """Send no more texts to who stopped them, or whose number takes none, and tell them in the application."""
    person = message.recipient_id
    if TEMPLATES[message.template].to != "email" or not await without_texts(unit, person):
        return []
    return await notify(unit, [person], REFUSED, {"reason": detail or "there is none"}, message.cause_id)
