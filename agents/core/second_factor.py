"""The second factor: enrolled, shown to work, spent at each sign-in."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.domain.totp import SecondFactorError
from reptidex.errors import DomainError
from reptidex.streams import core as events
from reptidex.streams.commands.core import ConfirmMfa, DisableMfa, EnrolMfa
from reptidex.streams.contract import Event
from reptidex.tables.core.people import User


def spend_second_factor(user: User, step: int | None, recovery_hash: str) -> User:
    """Return the user after one code was used up. Raises `SecondFactorError`."""
    if recovery_hash:
        if recovery_hash not in user.recovery_hashes:
            raise SecondFactorError("this recovery code is wrong, or it was used before")
        left = tuple(known for known in user.recovery_hashes if known != recovery_hash)
        return replace(user, recovery_hashes=left)
    if step is None:
        raise SecondFactorError("give the six digits that your authenticator shows as `code`, or a `recovery_code`")
    if step <= user.mfa_step:
        raise SecondFactorError("this code was used before; wait for the next one")
    return replace(user, mfa_step=step)


@agent(EnrolMfa, prefetch={User: "user_id"})
async def enrol_mfa(command: EnrolMfa, unit: Unit) -> None:
    """Keep an authenticator's secret until it has shown a code."""
    user = await unit.need(User, command.user_id)
    if user.status == "deleted":
        raise DomainError("this account is deleted")
    if user.mfa_on:
        raise DomainError("a second factor is on already; turn it off first")
    unit.put(replace(user, mfa_sealed=command.secret_sealed))


@agent(ConfirmMfa, prefetch={User: "user_id"})
async def confirm_mfa(command: ConfirmMfa, unit: Unit) -> AsyncIterator[Event]:
    """Turn the second factor on."""
    user = await unit.need(User, command.user_id)
    if user.mfa_on or not user.mfa_sealed:
        raise DomainError("there is no authenticator that waits to be confirmed")
    unit.put(replace(user, mfa_on=True, mfa_step=command.step, recovery_hashes=command.recovery_hashes))
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("mfa_enabled",), mfa_enabled=True)


@agent(DisableMfa, prefetch={User: "user_id"})
async def disable_mfa(command: DisableMfa, unit: Unit) -> AsyncIterator[Event]:
    """Turn the second factor off."""
    user = await unit.need(User, command.user_id)
    if not user.mfa_on:
        return
    spent = spend_second_factor(user, command.step, command.recovery_hash)
    unit.put(replace(spent, mfa_on=False, mfa_sealed=b"", recovery_hashes=()))
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("mfa_enabled",), mfa_enabled=False)
