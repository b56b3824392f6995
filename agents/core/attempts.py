"""Guesses at one account, counted for all workers of core in its database."""

from reptidex.agents.agent import Unit, agent
from reptidex.domain import attempts
from reptidex.streams.commands.core_attempts import ForgetAttempts, GiveBackAttempt, TakeAttempt, Taken
from reptidex.tables.core.attempts import Attempts


@agent(TakeAttempt, prefetch={Attempts: "account"})
async def take_attempt(command: TakeAttempt, unit: Unit) -> None:
    """Count an attempt, or say how long to wait."""
    known = await unit.get(Attempts, command.account)
    whole_at = known.whole_at if known is not None else None
    wait = attempts.wait_s(whole_at, unit.now)
    if not wait:
        whole_at = attempts.taken(whole_at, unit.now)
        unit.put(Attempts(account=command.account, whole_at=whole_at))
        unit.timer(_timer(command.account), whole_at, ForgetAttempts(account=command.account))
    unit.answer(Taken(wait_s=wait))


@agent(GiveBackAttempt, prefetch={Attempts: "account"})
async def give_back_attempt(command: GiveBackAttempt, unit: Unit) -> None:
    """Count an attempt no longer."""
    known = await unit.get(Attempts, command.account)
    if known is None:
        return
    whole_at = attempts.given_back(known.whole_at)
    if whole_at > unit.now:
        unit.put(Attempts(account=command.account, whole_at=whole_at))
    else:
        _forget(unit, command.account)


@agent(ForgetAttempts)
async def forget_attempts(command: ForgetAttempts, unit: Unit) -> None:
    """Count an account anew: its share is whole again, or its owner has proved it by other means."""
    _forget(unit, command.account)


def _forget(unit: Unit, account: str) -> None:
    unit.delete(Attempts, account)
    unit.cancel_timer(_timer(account))


def _timer(account: str) -> str:
    return f"attempts/{account}"
