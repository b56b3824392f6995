"""What the other services ask core that a token cannot say."""

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from reptidex.domain.plans import PLANS, entitlement_names
from reptidex.errors import NotFoundError
from reptidex.http.core.api_keys import EVERYBODY
from reptidex.http.core.ports import Ports, email_of, telephone_code, unsealed
from reptidex.http.server.policy import services
from reptidex.http.server.routes import Page, Request, Routes
from reptidex.tables.core.address_changes import AddressChange
from reptidex.tables.core.billing import Subscription
from reptidex.tables.core.people import Session, User
from reptidex.tables.core.telephones import Telephone
from reptidex.tables.core.vivariums import LoweredRole, Membership
from reptidex.tables.query import select

routes = Routes("internal")


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How a person is reached. The tokens are for the links of a mail to that very address, and for nothing else."""

    user_id: str
    email: str
    display_name: str
    locale: str
    confirmed: bool
    confirmation_token: str
    """Empty once the address is confirmed."""
    reset_token: str
    """Empty unless the person asked for a new password."""
    new_email: str = ""
    """The address that they asked to have in place of `email`; the next token is for a mail to it."""
    change_token: str = ""
    old_email: str = ""
    """While such a change may be stopped or taken back: the address of before, and the token for a mail to it."""
    stop_token: str = ""
    telephone: str = ""
    """Where texts go to; empty where the person confirmed no number."""
    new_telephone: str = ""
    """The number that waits for its code; empty where none does."""
    telephone_code: str = ""
    """For a text to `new_telephone` alone."""
    status: str
    address_hash: str
    """By which the address is known in events (`email_hash`)."""


class EntitlementsView(msgspec.Struct, frozen=True, kw_only=True):
    """What a vivarium's plan lets it do; null means without limit."""

    vivarium_id: str
    plan: str
    status: str
    max_animals: int | None
    max_listings: int | None
    max_members: int | None
    storage_bytes: int | None
    can_list_groups: bool
    entitlements: list[str]
    period_end: datetime | None = None


class InternalMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a vivarium."""

    user_id: str
    role: str


class RevokedFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Since when; an access token lives ten minutes, so older revocations matter to nobody."""

    since: datetime | None = None


class RevokedView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session that was ended; or, without one, a role that was taken or lowered: tokens from before are worth nothing."""

    session_id: str
    revoked_at: datetime
    vivarium_id: str = ""
    user_id: str = ""
    """Empty, in a vivarium: everybody's."""


class UserStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a person's account is in use."""

    user_id: str
    status: Literal["active", "suspended", "deleted"]
    confirmed: bool


@routes.get("/internal/users/{user_id}/contact", policy=services("repti-community", "repti-ops"), errors=(404,))
async def user_contact(request: Request[None, None]) -> Contact:
    """Return how a person is reached."""
    ports: Ports = request.ports
    user_id = request.path["user_id"]
    user = await request.read.get(User, user_id)
    if user is None or user.status == "deleted":
        raise NotFoundError("user", user_id)
    confirmed = user.confirmed_at is not None
    return Contact(
        user_id=user_id,
        email=await email_of(ports, user),
        display_name=user.display_name,
        locale=user.locale,
        confirmed=confirmed,
        confirmation_token="" if confirmed else ports.keyed.link("confirm", user_id, user.confirm_generation),
        reset_token=ports.keyed.link("reset", user_id, user.reset_generation) if user.reset_open else "",
        **await _of_change(request, user),
        **await _of_telephone(request, user),
        status=user.status,
        address_hash=user.address_hash,
    )


async def _of_change(request: Any, user: User) -> dict[str, str]:
    ports: Ports = request.ports
    change = await request.read.get(AddressChange, user.user_id)
    now = ports.clock()
    if change is None or not (change.is_open(now) or change.may_be_undone(now)):
        return {}
    other, stop_token = await email_of(ports, user, change), ports.keyed.link("stop", user.user_id, change.generation)
    if change.may_be_undone(now):
        return {"old_email": other, "stop_token": stop_token}
    change_token = ports.keyed.link("change", user.user_id, change.generation)
    email = await email_of(ports, user)
    return {"new_email": other, "change_token": change_token, "old_email": email, "stop_token": stop_token}


async def _of_telephone(request: Any, user: User) -> dict[str, str]:
    ports: Ports = request.ports
    known = await request.read.get(Telephone, user.user_id)
    if known is None:
        return {}
    found = {"telephone": await unsealed(ports, user, known.number_sealed)}
    if known.is_open(ports.clock()):
        asked = await unsealed(ports, user, known.asked_sealed)
        found |= {"new_telephone": asked, "telephone_code": telephone_code(ports, known)}
    return found


@routes.get("/internal/users/{user_id}/status", policy=services(*EVERYBODY), errors=(404,))
async def user_status(request: Request[None, None]) -> UserStatus:
    """Say whether a person's account is in use."""
    user = await request.read.need(User, request.path["user_id"])
    return UserStatus(user_id=user.user_id, status=user.status, confirmed=user.confirmed_at is not None)


@routes.get("/internal/vivariums/{vivarium_id}/entitlements", policy=services(*EVERYBODY), errors=(404,))
async def vivarium_entitlements(request: Request[None, None]) -> EntitlementsView:
    """Say what a vivarium's plan lets it do."""
    found = await request.read.need(Subscription, request.path["vivarium_id"])
    plan = PLANS[found.plan]
    return EntitlementsView(
        vivarium_id=found.vivarium_id,
        plan=found.plan,
        status=found.status,
        max_animals=plan.animals,
        max_listings=plan.listings,
        max_members=plan.members,
        storage_bytes=plan.storage_bytes,
        can_list_groups=plan.group_listings,
        entitlements=entitlement_names(found.plan),
        period_end=found.period_end,
    )


@routes.get("/internal/vivariums/{vivarium_id}/members", policy=services(*EVERYBODY))
async def vivarium_members(request: Request[None, None]) -> Page[InternalMember]:
    """List the members of a vivarium; none for one that is not there."""
    every = select(Membership, Membership.c.vivarium_id == request.path["vivarium_id"], order=("membership_id",))
    found = await request.read.find(every)
    return Page(items=[InternalMember(user_id=each.user_id, role=each.role) for each in found])


@routes.get("/internal/sessions/revoked", policy=services(*EVERYBODY))
async def revoked_sessions(request: Request[None, RevokedFilter]) -> Page[RevokedView]:
    """List the sessions that ended lately, and the roles that were lowered: what a verifier asks for every few seconds, also
    while the log is down."""
    since = request.query.since or request.ports.clock() - timedelta(seconds=request.ports.access_token_s + 60)
    ended = select(Session, Session.c.revoked_at >= since, order=("revoked_at",))
    found = await request.read.find(ended)
    items = [RevokedView(session_id=each.session_id, revoked_at=each.revoked_at or since) for each in found]
    lowered = select(LoweredRole, LoweredRole.c.lowered_at >= since, order=("lowered_at",))
    items += [
        RevokedView(session_id="", revoked_at=each.lowered_at, vivarium_id=each.vivarium_id, user_id=each.user_id)
        for each in await request.read.find(lowered)
    ]
    return Page(items=items)
