"""Opening an account: user, personal vivarium, membership, profile and subscription in one unit, or nothing at all."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.handover import hand_over
from reptidex.agents.core.subscriptions import subscription_created
from reptidex.domain import sessions
from reptidex.errors import DomainError
from reptidex.streams import core as events
from reptidex.streams.commands.core import (
    ConfirmAddress,
    EndSession,
    GrantAdmin,
    Registered,
    RegisterUser,
    ResendConfirmation,
)
from reptidex.streams.contract import Event
from reptidex.tables.core.billing import Subscription
from reptidex.tables.core.people import Address, Grant, Identity, User
from reptidex.tables.core.vivariums import Membership, Profile, Vivarium, membership_id


class AddressTakenError(DomainError):
    """The address has an account already."""

    title = "The address is taken"

    def __init__(self) -> None:
        super().__init__("this e-mail address already has an account; sign in, or set a new password")


class LinkError(DomainError):
    """A link that was replaced by a newer one, or that was never ours."""

    status = 422
    title = "The link does not work"


@agent(RegisterUser, prefetch={Address: "address_hash", Identity: "identity"})
async def register_user(command: RegisterUser, unit: Unit) -> AsyncIterator[Event]:
    """Open an account with all that belongs to it."""
    if await unit.get(Address, command.address_hash):
        raise AddressTakenError
    if command.identity and await unit.get(Identity, command.identity):
        raise DomainError("this account elsewhere was linked to another person meanwhile; sign in anew")
    user, vivarium, profile, subscription = _account(command, unit)
    unit.put(Address(address_hash=command.address_hash, user_id=user.user_id, claimed_at=unit.now))
    unit.put(user)
    unit.put(vivarium)
    member = membership_id(vivarium.vivarium_id, user.user_id)
    unit.put(
        Membership(
            membership_id=member,
            vivarium_id=vivarium.vivarium_id,
            user_id=user.user_id,
            role="herpetologist",
            added_at=unit.now,
        )
    )
    unit.put(profile)
    unit.put(subscription)
    if command.identity:
        unit.put(Identity(identity=command.identity, provider=command.how, user_id=user.user_id, linked_at=unit.now))
    unit.answer(Registered(user_id=user.user_id, vivarium_id=vivarium.vivarium_id))
    yield events.AuthUserCreated(
        user_id=user.user_id,
        vivarium_id=vivarium.vivarium_id,
        email_hash=user.address_hash,
        display_name=user.display_name,
        locale=user.locale,
        how=command.how,
        email_verified=command.confirmed,
    )
    yield events.ProfileUpdated(
        profile_id=user.user_id, kind="user", vivarium_id=vivarium.vivarium_id, display_name=user.display_name
    )
    yield events.OrgCreated(
        vivarium_id=vivarium.vivarium_id,
        name=vivarium.name,
        kind="personal",
        plan="hobbyist",
        owner_id=user.user_id,
    )
    yield events.OrgMemberAdded(vivarium_id=vivarium.vivarium_id, user_id=user.user_id, role="herpetologist")
    yield subscription_created(subscription)


def _account(command: RegisterUser, unit: Unit) -> tuple[User, Vivarium, Profile, Subscription]:
    user = User(
        user_id=command.user_id,
        address_hash=command.address_hash,
        data_key=command.data_key,
        email_sealed=command.email_sealed,
        password_sealed=command.password_sealed,
        display_name=command.display_name,
        locale=command.locale,
        how=command.how,
        status="active",
        personal_vivarium_id=command.vivarium_id,
        created_at=unit.now,
        confirmed_at=unit.now if command.confirmed else None,
        confirm_sent_at=unit.now,
    )
    vivarium = Vivarium(
        vivarium_id=command.vivarium_id,
        name=command.display_name,
        kind="personal",
        owner_id=command.user_id,
        status="active",
        created_at=unit.now,
    )
    profile = Profile(
        profile_id=command.user_id,
        kind="user",
        vivarium_id=command.vivarium_id,
        display_name=command.display_name,
        updated_at=unit.now,
    )
    subscription = Subscription(
        vivarium_id=command.vivarium_id,
        subscription_id=command.subscription_id,
        plan="hobbyist",
        status="active",
        started_at=unit.now,
    )
    return user, vivarium, profile, subscription


@agent(ConfirmAddress, prefetch={User: "user_id"})
async def confirm_address(command: ConfirmAddress, unit: Unit) -> AsyncIterator[Event]:
    """Note that the address is the person's own; opening the link again changes nothing."""
    user = await unit.get(User, command.user_id)
    if user is None or user.status == "deleted" or command.generation != user.confirm_generation:
        raise LinkError("this link was replaced by a newer one; open the latest mail, or ask for another")
    if user.confirmed_at is None:
        unit.put(replace(user, confirmed_at=unit.now))
        yield events.AuthUserUpdated(user_id=user.user_id, changed=("email_verified",), email_verified=True)


@agent(ResendConfirmation, prefetch={User: "user_id"})
async def resend_confirmation(command: ResendConfirmation, unit: Unit) -> AsyncIterator[Event]:
    """Have the link sent again: the same, as anybody may ask for it, and would spoil the one that was sent."""
    user = await unit.get(User, command.user_id)
    if user is None or user.status != "active" or user.confirmed_at is not None:
        return
    if unit.now - user.confirm_sent_at < sessions.MAIL_EVERY:
        return
    unit.put(replace(user, confirm_sent_at=unit.now))
    yield events.AuthUserUpdated(user_id=user.user_id, changed=("confirmation_requested",))


@agent(GrantAdmin, prefetch={Grant: "address_hash", Address: "address_hash"})
async def grant_admin(command: GrantAdmin, unit: Unit) -> None:
    """Give scopes of the platform, which count from the next access token, or take some: then all sessions end."""
    known, held = await unit.get(Grant, command.address_hash), await unit.get(Address, command.address_hash)
    user = await unit.get(User, held.user_id) if held is not None else None
    if user is not None and user.address_hash != command.address_hash:
        # Or it would wait for whoever has the address next.
        raise DomainError("this address was changed for another lately, and is nobody's")
    if user is not None:
        unit.put(user)  # who is just changing the address at another worker loses the race, and takes the grant along
    if held is not None and known is not None and not set(known.scopes) <= set(command.scopes):
        hand_over(unit, EndSession(user_id=held.user_id, reason="admin"))
    if command.scopes:
        unit.put(
            Grant(
                address_hash=command.address_hash,
                scopes=command.scopes,
                granted_at=unit.now,
                granted_by=command.by,
            )
        )
    else:
        unit.delete(Grant, command.address_hash)
