"""Accounts: called otherwise by their owners; suspended, restored, verified, erased as administrators and the law decide."""

from collections.abc import AsyncIterator
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.handover import hand_over
from reptidex.agents.core.sessions import living, revoke_all
from reptidex.agents.core.vivariums import set_vivarium_status
from reptidex.errors import ContractError
from reptidex.streams import core as events
from reptidex.streams.commands.core import DeleteUser
from reptidex.streams.commands.core_account import ChangeAccount
from reptidex.streams.commands.core_billing import OverridePlan
from reptidex.streams.commands.core_vivariums import ChangeSetting, LoseMember, ToggleFeature
from reptidex.streams.contract import Event
from reptidex.streams.ops import AdminActionPerformed, AuditComplianceRequested
from reptidex.streams.values import Plan
from reptidex.tables.core.address_changes import AddressChange
from reptidex.tables.core.people import Address, ApiKey, Grant, Identity, Session, SpentToken, User
from reptidex.tables.core.telephones import Telephone
from reptidex.tables.core.vivariums import Membership, Profile
from reptidex.tables.query import select

V = TypeVar("V", bound=msgspec.Struct)


class FeatureValue(msgspec.Struct, frozen=True, kw_only=True):
    """`value` of `feature.toggle`."""

    enabled: bool
    rollout: float = 1.0
    plans: tuple[Plan, ...] = ()


class PlanValue(msgspec.Struct, frozen=True, kw_only=True):
    """`value` of `entitlement.override`."""

    plan: Plan


@agent(AdminActionPerformed)
async def carry_out_admin_action(event: AdminActionPerformed, unit: Unit) -> AsyncIterator[Event]:
    """Carry out what an administrator decided about a user, a vivarium, a setting or a plan."""
    match event.action:
        case "user.suspend" | "user.restore" | "user.verify":
            for each in await _act_on_user(event, unit):
                yield each
        case "org.suspend" | "org.restore":
            status = "suspended" if event.action == "org.suspend" else "active"
            for each in await set_vivarium_status(unit, event.target_id, status):  # type: ignore[arg-type]
                yield each
        case "config.change":
            change = ChangeSetting(config_key=event.target_id, value=event.value, by=event.admin_id)
            hand_over(unit, change)
        case "feature.toggle":
            value = _value(event, FeatureValue)
            toggle = ToggleFeature(
                feature_key=event.target_id,
                enabled=value.enabled,
                rollout=value.rollout,
                plans=value.plans,
                by=event.admin_id,
            )
            hand_over(unit, toggle)
        case "entitlement.override":
            hand_over(unit, OverridePlan(vivarium_id=event.target_id, plan=_value(event, PlanValue).plan))


def _value(event: AdminActionPerformed, kind: type[V]) -> V:
    try:
        return msgspec.json.decode(event.value or "", type=kind)
    except msgspec.MsgspecError as problem:
        raise ContractError(f"{event.action}: its value is not a {kind.__name__}: {problem}") from problem


async def _act_on_user(event: AdminActionPerformed, unit: Unit) -> list[Event]:
    user = await unit.get(User, event.target_id)
    if user is None or user.status == "deleted":
        return []
    if event.action == "user.verify":
        if user.confirmed_at is not None:
            return []
        unit.put(replace(user, confirmed_at=unit.now))
        return [events.AuthUserUpdated(user_id=user.user_id, changed=("email_verified",), email_verified=True)]
    status: Literal["active", "suspended"] = "suspended" if event.action == "user.suspend" else "active"
    if user.status == status:
        return []
    unit.put(replace(user, status=status))
    ended = await revoke_all(unit, user.user_id, "suspended") if status == "suspended" else []
    return [*ended, events.AuthUserUpdated(user_id=user.user_id, changed=("status",), status=status)]


@agent(ChangeAccount, prefetch={User: "user_id"})
async def change_account(command: ChangeAccount, unit: Unit) -> AsyncIterator[Event]:
    """Change how a person is called and spoken to; what the public reads of them is their profile's."""
    user = await living(unit, command.user_id)
    wanted = {"display_name": command.display_name, "locale": command.locale}
    changed = {name: value for name, value in wanted.items() if value is not None and value != getattr(user, name)}
    if changed:
        unit.put(replace(user, **changed))
        name, locale = changed.get("display_name"), changed.get("locale")
        yield events.AuthUserUpdated(user_id=user.user_id, changed=tuple(changed), display_name=name, locale=locale)


@agent(AuditComplianceRequested)
async def erase_on_request(event: AuditComplianceRequested, unit: Unit) -> None:
    """Do core's part of an erasure."""
    if event.kind == "erasure" and "core" in event.services:
        hand_over(unit, DeleteUser(user_id=event.user_id, reason="erasure", request_id=event.request_id))


@agent(DeleteUser, prefetch={User: "user_id"})
async def delete_user(command: DeleteUser, unit: Unit) -> AsyncIterator[Event]:
    """Delete an account. The row stays as a stump without anything personal, so that ids still lead somewhere."""
    user = await unit.get(User, command.user_id)
    if user is None or user.status == "deleted":
        return
    for event in await revoke_all(unit, user.user_id, "deleted"):
        yield event
    await _forget(unit, user)
    unit.put(
        replace(
            user,
            status="deleted",
            address_hash=f"deleted/{user.user_id}",
            data_key=b"",
            email_sealed=b"",
            password_sealed=b"",
            mfa_sealed=b"",
            mfa_on=False,
            recovery_hashes=(),
            display_name="",
        )
    )
    yield events.AuthUserDeleted(user_id=user.user_id, reason=command.reason, request_id=command.request_id)


async def _forget(unit: Unit, user: User) -> None:
    for address in await unit.find(select(Address, Address.c.user_id == user.user_id)):
        unit.delete(Address, address.address_hash)
    unit.delete(AddressChange, user.user_id)
    unit.delete(Telephone, user.user_id)
    unit.delete(Grant, user.address_hash)
    unit.delete(Profile, user.user_id)
    for session in await unit.find(select(Session, Session.c.user_id == user.user_id)):
        for spent in await unit.find(select(SpentToken, SpentToken.c.session_id == session.session_id)):
            unit.delete(SpentToken, spent.token_hash)
        unit.put(replace(session, device="", ip_prefix=""))
    for key in await unit.find(select(ApiKey, ApiKey.c.user_id == user.user_id)):
        unit.delete(ApiKey, key.key_id)
    for identity in await unit.find(select(Identity, Identity.c.user_id == user.user_id)):
        unit.delete(Identity, identity.identity)
    for member in await unit.find(select(Membership, Membership.c.user_id == user.user_id)):
        hand_over(unit, LoseMember(vivarium_id=member.vivarium_id, user_id=user.user_id))
