"""Vivariums: opened with an owner, renamed, suspended and closed."""

from collections.abc import AsyncIterator
from typing import Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.roles import note_lowered
from reptidex.agents.core.subscriptions import org_updated, subscription_created, subscription_ends
from reptidex.errors import ForbiddenError, NotFoundError
from reptidex.streams import core as events
from reptidex.streams.commands.core_vivariums import ChangeVivarium, OpenVivarium
from reptidex.streams.contract import Event
from reptidex.tables.core.billing import Subscription
from reptidex.tables.core.vivariums import Membership, Profile, Vivarium, membership_id

NAMELESS = "Vivarium"
"""What a personal vivarium is called that others keep when the person whose name it bore is gone."""


async def open_for_change(unit: Unit, vivarium_id: str) -> Vivarium:
    """Return a vivarium that may be changed.

    Raises `NotFoundError` where there is none (any more), `ForbiddenError` for a suspended one: that can only be read.
    """
    vivarium = await unit.get(Vivarium, vivarium_id)
    if vivarium is None or vivarium.status == "closed":
        raise NotFoundError("vivarium", vivarium_id)
    if vivarium.status == "suspended":
        raise ForbiddenError("an administrator has suspended this vivarium: it can only be read")
    return vivarium


@agent(OpenVivarium, prefetch={Vivarium: "vivarium_id"})
async def open_vivarium(command: OpenVivarium, unit: Unit) -> AsyncIterator[Event]:
    """Open a business vivarium with its founder, profile and free plan."""
    vivarium = Vivarium(
        vivarium_id=command.vivarium_id,
        name=command.name,
        kind="business",
        owner_id=command.user_id,
        status="active",
        created_at=unit.now,
    )
    subscription = Subscription(
        vivarium_id=command.vivarium_id,
        subscription_id=command.subscription_id,
        plan="hobbyist",
        status="active",
        started_at=unit.now,
    )
    unit.put(vivarium)
    unit.put(subscription)
    unit.put(
        Membership(
            membership_id=membership_id(command.vivarium_id, command.user_id),
            vivarium_id=command.vivarium_id,
            user_id=command.user_id,
            role="herpetologist",
            added_at=unit.now,
        )
    )
    unit.put(
        Profile(
            profile_id=command.vivarium_id,
            kind="org",
            vivarium_id=command.vivarium_id,
            display_name=command.name,
            updated_at=unit.now,
        )
    )
    unit.answer(vivarium)
    yield events.OrgCreated(
        vivarium_id=vivarium.vivarium_id,
        name=vivarium.name,
        kind="business",
        plan="hobbyist",
        owner_id=vivarium.owner_id,
    )
    yield events.OrgMemberAdded(vivarium_id=vivarium.vivarium_id, user_id=command.user_id, role="herpetologist")
    yield events.ProfileUpdated(
        profile_id=vivarium.vivarium_id, kind="org", vivarium_id=vivarium.vivarium_id, display_name=vivarium.name
    )
    yield subscription_created(subscription)


@agent(ChangeVivarium, prefetch={Vivarium: "vivarium_id"})
async def change_vivarium(command: ChangeVivarium, unit: Unit) -> AsyncIterator[Event]:
    """Rename a vivarium."""
    vivarium = await open_for_change(unit, command.vivarium_id)
    if vivarium.name != command.name:
        vivarium = replace(vivarium, name=command.name)
        unit.put(vivarium)
        yield org_updated(vivarium, "name")
    unit.answer(vivarium)


async def set_vivarium_status(unit: Unit, vivarium_id: str, status: Literal["active", "suspended"]) -> list[Event]:
    """Give a vivarium a status, and return what is to be told; nothing where it has it, is closed, or is not there."""
    vivarium = await unit.get(Vivarium, vivarium_id)
    if vivarium is None or vivarium.status in (status, "closed"):
        return []
    vivarium = replace(vivarium, status=status)
    unit.put(vivarium)
    if status == "suspended":
        note_lowered(unit, vivarium_id)
    return [org_updated(vivarium, "status")]


async def close_vivarium(unit: Unit, vivarium_id: str) -> list[Event]:
    """Close a vivarium for good, and return what is to be told. A personal one bears its owner's name: that goes with them."""
    vivarium = await unit.get(Vivarium, vivarium_id)
    if vivarium is None or vivarium.status == "closed":
        return []
    note_lowered(unit, vivarium_id)
    if vivarium.kind == "business":
        closed = replace(vivarium, status="closed")
        unit.put(closed)
        return [org_updated(closed, "status"), *await subscription_ends(unit, vivarium_id)]
    closed = replace(vivarium, status="closed", name="")
    unit.put(closed)
    told: list[Event] = [org_updated(closed, "name", "status")]
    told += await _forget_profile(unit, vivarium_id, "")
    return told + await subscription_ends(unit, vivarium_id)


async def take_name_off(unit: Unit, vivarium_id: str, user_id: str) -> list[Event]:
    """Take the name of a person who is gone off their personal vivarium that another owner keeps; return what is to be told."""
    vivarium = await unit.get(Vivarium, vivarium_id)
    if vivarium is None or vivarium.kind != "personal" or vivarium.owner_id != user_id:
        return []
    nameless = replace(vivarium, name=NAMELESS)
    unit.put(nameless)
    told: list[Event] = [org_updated(nameless, "name")]
    return told + await _forget_profile(unit, vivarium_id, NAMELESS)


async def _forget_profile(unit: Unit, vivarium_id: str, name: str) -> list[Event]:
    if await unit.get(Profile, vivarium_id) is None:
        return []
    unit.delete(Profile, vivarium_id)
    return [
        events.ProfileUpdated(
            profile_id=vivarium_id, kind="org", vivarium_id=vivarium_id, display_name=name, visibility="private"
        )
    ]
