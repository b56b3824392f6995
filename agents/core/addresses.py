"""Another e-mail address for an account: asked for, confirmed from the new one, stopped or taken back from the one before.

The rows of both addresses are written from the person's key, in one transaction with the account: as they belong to other keys,
the engine reads them with a lock (decision 9).
"""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.registration import AddressTakenError, LinkError
from reptidex.agents.core.sessions import living, revoke_all
from reptidex.domain import sessions
from reptidex.errors import DomainError, UnauthenticatedError
from reptidex.streams import core as events
from reptidex.streams.commands.core_addresses import (
    AskForAddress,
    ChangeAddress,
    SettleAddressChange,
    StopAddressChange,
    WithdrawAddressChange,
)
from reptidex.streams.contract import Event
from reptidex.tables.core.address_changes import AddressChange
from reptidex.tables.core.people import Address, Grant, Session, User


@agent(AskForAddress, prefetch={User: "user_id", AddressChange: "user_id", Session: "session_id"})
async def ask_for_address(command: AskForAddress, unit: Unit) -> AsyncIterator[Event]:
    """Note the address that somebody wants, and have both addresses written to; one that waited is replaced."""
    user = await living(unit, command.user_id)
    if not await _goes_on(unit, user, command.session_id):
        raise UnauthenticatedError("this session has ended; sign in again")
    if command.address_hash == user.address_hash:
        raise DomainError("this is the address of your account already")
    known = await unit.get(AddressChange, user.user_id)
    if known is not None and known.may_be_undone(unit.now):
        # Or a second change would take the owner's link to the first from them.
        raise DomainError("your address was changed lately; until that can no longer be taken back it stays as it is")
    if known is not None and unit.now - known.asked_at < sessions.MAIL_EVERY:
        raise DomainError("a link was sent a moment ago; ask for another in a minute")
    change = AddressChange(
        user_id=user.user_id,
        generation=known.generation + 1 if known is not None else 1,
        session_id=command.session_id,
        asked_at=unit.now,
        address_hash=command.address_hash,
        email_sealed=command.email_sealed,
    )
    unit.put(change)
    _settle_in(unit, change)
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("email_change_requested",))


@agent(ChangeAddress, prefetch={User: "user_id", AddressChange: "user_id"})
async def change_address(command: ChangeAddress, unit: Unit) -> AsyncIterator[Event]:
    """Give the account the new address, and end the other sessions; opening the link again changes nothing.

    The address of before stays taken as long as the change can be taken back, and is nobody's way in meanwhile.
    """
    user, change = await _of_link(unit, command.user_id, command.generation)
    if change.may_be_undone(unit.now):
        return
    if user.status != "active" or not change.is_open(unit.now):
        raise LinkError("this link was stopped, or is older than a day; ask for another")
    if not await _goes_on(unit, user, change.session_id):
        raise LinkError("the session in which you asked for it has ended; sign in, and ask for another link")
    if await unit.get(Address, change.address_hash) is not None:
        raise AddressTakenError
    # Before anything is put: what is found flushes that, and another worker may just be giving the address to somebody else,
    # which the commit finds out.
    ended = await revoke_all(unit, user.user_id, "logout", keep=change.session_id)
    unit.put(Address(address_hash=change.address_hash, user_id=user.user_id, claimed_at=unit.now))
    # A link for a new password that went to the address of before must not outlive it.
    await _put(unit, replace(_exchanged(user, change), reset_open=False), user.address_hash)
    made = replace(change, changed_at=unit.now, address_hash=user.address_hash, email_sealed=user.email_sealed)
    unit.put(made)
    _settle_in(unit, made)
    for event in ended:
        yield event
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("email",), email_hash=change.address_hash)


@agent(StopAddressChange, prefetch={User: "user_id", AddressChange: "user_id"})
async def stop_address_change(command: StopAddressChange, unit: Unit) -> AsyncIterator[Event]:
    """Call a change off, or take it back; as whoever asked for it may be a stranger, all sessions end, and a link for
    a new password goes to the address of before."""
    user, change = await _of_link(unit, command.user_id, command.generation)
    restored = None
    if change.may_be_undone(unit.now):
        unit.delete(Address, user.address_hash)
        restored, left = change.address_hash, user.address_hash
        user = _exchanged(user, change)
    elif change.is_open(unit.now):
        left = user.address_hash
    else:
        raise LinkError("there is nothing to stop any more: this change is over")
    # Never the link that is out: it may have gone to the address that is let go of.
    await _put(
        unit,
        replace(user, reset_generation=user.reset_generation + 1, reset_asked_at=unit.now, reset_open=True),
        left,
    )
    _over(unit, change)
    for event in await revoke_all(unit, user.user_id, "logout"):
        yield event
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("email_change_stopped",), email_hash=restored)


@agent(WithdrawAddressChange, prefetch={AddressChange: "user_id"})
async def withdraw_address_change(command: WithdrawAddressChange, unit: Unit) -> None:
    """Forget an address that was asked for; its link works no more."""
    change = await unit.get(AddressChange, command.user_id)
    if change is not None and change.is_open(unit.now):
        _over(unit, change)


@agent(SettleAddressChange, prefetch={AddressChange: "user_id"})
async def settle_address_change(command: SettleAddressChange, unit: Unit) -> None:
    """Forget the other address of a change, and let go of it where it is the one before."""
    change = await unit.get(AddressChange, command.user_id)
    if change is None or change.generation != command.generation or not change.address_hash:
        return
    if change.is_open(unit.now) or change.may_be_undone(unit.now):
        return  # the timer was due when the change was made, which set the next
    if change.changed_at is not None:
        unit.delete(Address, change.address_hash)
    _over(unit, change)


async def _of_link(unit: Unit, user_id: str, generation: int) -> tuple[User, AddressChange]:
    user, change = await unit.get(User, user_id), await unit.get(AddressChange, user_id)
    if user is None or user.status == "deleted" or change is None or change.generation != generation:
        raise LinkError("this link was replaced by a newer one; open the latest mail")
    return user, change


async def _goes_on(unit: Unit, user: User, session_id: str) -> bool:
    # Whoever was thrown out of the account meanwhile must not take its address.
    session = await unit.get(Session, session_id)
    return session is not None and session.user_id == user.user_id and session.is_live(unit.now)


def _exchanged(user: User, change: AddressChange) -> User:
    return replace(user, address_hash=change.address_hash, email_sealed=change.email_sealed)


async def _put(unit: Unit, user: User, before: str) -> None:
    """Keep an account whose address was another `before`; what the holder of that was granted goes with them."""
    unit.put(user)
    grant = await unit.get(Grant, before) if before != user.address_hash else None
    if grant is not None:
        unit.delete(Grant, before)
        unit.put(replace(grant, address_hash=user.address_hash))


def _over(unit: Unit, change: AddressChange) -> None:
    unit.put(replace(change, address_hash="", email_sealed=b"", changed_at=None))
    unit.cancel_timer(_timer(change))


def _settle_in(unit: Unit, change: AddressChange) -> None:
    at = change.asked_at + sessions.CHANGE_VALID
    if change.changed_at is not None:
        at = change.changed_at + sessions.UNDO_VALID
    unit.timer(_timer(change), at, SettleAddressChange(user_id=change.user_id, generation=change.generation))


def _timer(change: AddressChange) -> str:
    return f"address/{change.user_id}"
