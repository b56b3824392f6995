"""A telephone number for texts: asked for, confirmed by the code that was sent to it, removed."""

from collections.abc import AsyncIterator
from datetime import timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.sessions import living
from reptidex.domain import sessions
from reptidex.errors import DomainError
from reptidex.streams.commands.core_telephones import AskForTelephone, ConfirmTelephone, RemoveTelephone
from reptidex.streams.contract import Event
from reptidex.streams.core import AuthUserUpdated
from reptidex.tables.core.people import User
from reptidex.tables.core.telephones import Telephone

DAY = timedelta(days=1)


@agent(AskForTelephone, prefetch={User: "user_id", Telephone: "user_id"})
async def ask_for_telephone(command: AskForTelephone, unit: Unit) -> AsyncIterator[Event]:
    """Note the number that somebody wants texts at, and have a code sent there; the one of before serves until then."""
    user = await living(unit, command.user_id)
    known = await unit.get(Telephone, user.user_id)
    if known is not None and unit.now - known.asked_at < sessions.MAIL_EVERY:
        raise DomainError("a code was sent a moment ago; ask for another in a minute")
    began, count = (known.day_began_at, known.asked_that_day) if known is not None else (unit.now, 0)
    if unit.now - began >= DAY:
        began, count = unit.now, 0
    if count >= sessions.CODES_A_DAY:
        raise DomainError("no more codes are sent today; try again tomorrow")
    row = known or Telephone(user_id=user.user_id, generation=0, asked_at=began, day_began_at=began, asked_that_day=0)
    unit.put(
        replace(
            row,
            generation=row.generation + 1,
            asked_at=unit.now,
            day_began_at=began,
            asked_that_day=count + 1,
            asked_sealed=command.number_sealed,
        )
    )
    yield AuthUserUpdated(user_id=user.user_id, changed=("telephone_requested",))


@agent(ConfirmTelephone, prefetch={User: "user_id", Telephone: "user_id"})
async def confirm_telephone(command: ConfirmTelephone, unit: Unit) -> AsyncIterator[Event]:
    """Send texts to the number from now on."""
    user = await living(unit, command.user_id)
    known = await unit.need(Telephone, user.user_id)
    if known.generation != command.generation or not known.is_open(unit.now):
        raise DomainError("no number waits for a code, or the code is older than ten minutes; ask for another")
    unit.put(replace(known, number_sealed=known.asked_sealed, asked_sealed=b"", confirmed_at=unit.now))
    yield AuthUserUpdated(user_id=user.user_id, changed=("telephone",))


@agent(RemoveTelephone, prefetch={Telephone: "user_id"})
async def remove_telephone(command: RemoveTelephone, unit: Unit) -> AsyncIterator[Event]:
    """Forget the number; codes that were sent are worth nothing any more."""
    known = await unit.get(Telephone, command.user_id)
    if known is None or not (known.number_sealed or known.asked_sealed):
        return
    unit.put(replace(known, generation=known.generation + 1, asked_sealed=b"", number_sealed=b"", confirmed_at=None))
    if known.number_sealed:
        yield AuthUserUpdated(user_id=known.user_id, changed=("telephone_removed",))
