"""Members of a vivarium and their roles. The role of who asks is read here, where no other writer can change it meanwhile."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.roles import note_lowered
from reptidex.agents.core.subscriptions import forget_payer
from reptidex.agents.core.vivariums import close_vivarium, open_for_change, take_name_off
from reptidex.domain import access
from reptidex.domain.plans import PLANS
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams import core as events
from reptidex.streams.commands.core_vivariums import AddMember, ChangeMember, LoseMember, RemoveMember
from reptidex.streams.contract import Event
from reptidex.tables.core.billing import Subscription
from reptidex.tables.core.people import User
from reptidex.tables.core.vivariums import Membership, Vivarium, membership_id
from reptidex.tables.query import select


class OwnVivariumError(DomainError):
    """A person's own vivarium, which their tokens fall back to, would no longer be theirs."""

    title = "A personal vivarium stays with its owner"


def _check_stays(vivarium: Vivarium | None, user_id: str, new_role: str | None) -> None:
    """Check that a person stays an owner of the vivarium that is their own. Raises `OwnVivariumError`."""
    own = vivarium is not None and vivarium.kind == "personal" and vivarium.owner_id == user_id
    if own and new_role != "herpetologist":
        raise OwnVivariumError("this vivarium is the person's own; it goes with their account")


async def _member(unit: Unit, vivarium_id: str, user_id: str) -> Membership:
    found = await unit.get(Membership, membership_id(vivarium_id, user_id))
    if found is None:
        raise NotFoundError("member", user_id)
    return found


async def _actor(unit: Unit, vivarium_id: str, user_id: str) -> Membership:
    found = await unit.get(Membership, membership_id(vivarium_id, user_id))
    if found is None:
        raise NotFoundError("vivarium", vivarium_id)
    return found


async def _members(unit: Unit, vivarium_id: str) -> list[Membership]:
    return await unit.find(select(Membership, Membership.c.vivarium_id == vivarium_id))


def _owners(members: list[Membership]) -> int:
    return sum(member.role == "herpetologist" for member in members)


@agent(AddMember, prefetch={Vivarium: "vivarium_id", User: "user_id"})
async def add_member(command: AddMember, unit: Unit) -> AsyncIterator[Event]:
    """Make somebody a member, as far as the plan has room."""
    actor = await _actor(unit, command.vivarium_id, command.by)
    access.check_manages(actor.role, command.role)
    await open_for_change(unit, command.vivarium_id)
    user = await unit.get(User, command.user_id)
    if user is None or user.status == "deleted":
        raise NotFoundError("user", command.user_id)
    if user.confirmed_at is None:
        # Whoever registered with somebody else's address would be given the role that was meant for its owner.
        raise DomainError("this person has not confirmed their address yet")
    members = await _members(unit, command.vivarium_id)
    if any(member.user_id == command.user_id for member in members):
        raise DomainError("this person is a member already; change the role instead")
    subscription = await unit.need(Subscription, command.vivarium_id)
    most = PLANS[subscription.plan].members
    if most is not None and len(members) >= most:
        raise DomainError(f"the plan {subscription.plan} has room for {most} members")
    member = Membership(
        membership_id=membership_id(command.vivarium_id, command.user_id),
        vivarium_id=command.vivarium_id,
        user_id=command.user_id,
        role=command.role,
        added_at=unit.now,
        added_by=command.by,
    )
    unit.put(member)
    unit.answer(member)
    yield events.OrgMemberAdded(
        vivarium_id=command.vivarium_id, user_id=command.user_id, role=command.role, added_by=command.by
    )


@agent(ChangeMember, prefetch={Vivarium: "vivarium_id"})
async def change_member(command: ChangeMember, unit: Unit) -> AsyncIterator[Event]:
    """Give a member another role; an owner always remains."""
    actor = await _actor(unit, command.vivarium_id, command.by)
    member = await _member(unit, command.vivarium_id, command.user_id)
    access.check_manages(actor.role, member.role, command.role)
    _check_stays(await open_for_change(unit, command.vivarium_id), command.user_id, command.role)
    owners = _owners(await _members(unit, command.vivarium_id))
    access.check_an_owner_remains(command.vivarium_id, member.role, command.role, owners)
    changed = replace(member, role=command.role)
    unit.put(changed)
    unit.answer(changed)
    if access.RANKS[command.role] < access.RANKS[member.role]:
        note_lowered(unit, command.vivarium_id, command.user_id)
    if member.role != command.role:
        yield events.OrgMemberChanged(
            vivarium_id=command.vivarium_id,
            user_id=command.user_id,
            role=command.role,
            previous_role=member.role,  # type: ignore[arg-type]  # rows hold what commands of type Role wrote
            changed_by=command.by,
        )


def _removed(unit: Unit, member: Membership, reason: str, by: str | None) -> Event:
    unit.delete(Membership, member.membership_id)
    return events.OrgMemberRemoved(
        vivarium_id=member.vivarium_id,
        user_id=member.user_id,
        role=member.role,  # type: ignore[arg-type]
        reason=reason,  # type: ignore[arg-type]
        removed_by=by,
    )


@agent(RemoveMember, prefetch={Vivarium: "vivarium_id"})
async def remove_member(command: RemoveMember, unit: Unit) -> AsyncIterator[Event]:
    """End a membership; out of a vivarium that is suspended or closed one may still go."""
    actor = await _actor(unit, command.vivarium_id, command.by)
    member = await _member(unit, command.vivarium_id, command.user_id)
    access.check_leaves_or_manages(command.by, actor.role, command.user_id, member.role)
    if command.by == command.user_id:
        vivarium = await unit.get(Vivarium, command.vivarium_id)
    else:
        vivarium = await open_for_change(unit, command.vivarium_id)
    _check_stays(vivarium, command.user_id, None)
    owners = _owners(await _members(unit, command.vivarium_id))
    access.check_an_owner_remains(command.vivarium_id, member.role, None, owners)
    await forget_payer(unit, command.vivarium_id, command.user_id)
    note_lowered(unit, command.vivarium_id, command.user_id)
    yield _removed(unit, member, "left" if command.by == command.user_id else "removed", command.by)


@agent(LoseMember)
async def lose_member(command: LoseMember, unit: Unit) -> AsyncIterator[Event]:
    """Drop the membership of a deleted account, and close a vivarium that has no owner left."""
    member = await unit.get(Membership, membership_id(command.vivarium_id, command.user_id))
    if member is None:
        return
    owners = _owners(await _members(unit, command.vivarium_id))
    yield _removed(unit, member, "deleted", None)
    await forget_payer(unit, command.vivarium_id, command.user_id)
    last = member.role == "herpetologist" and owners == 1
    told = await (
        close_vivarium(unit, command.vivarium_id) if last else take_name_off(unit, command.vivarium_id, command.user_id)
    )
    for event in told:
        yield event
