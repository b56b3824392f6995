"""Vivariums and their members."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.access import RANKS
from reptidex.errors import ForbiddenError, InvalidError, NotFoundError
from reptidex.http.core.registration import Email, check_name, known_user
from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.core_vivariums import (
    AddMember,
    ChangeMember,
    ChangeVivarium,
    OpenVivarium,
    RemoveMember,
)
from reptidex.streams.values import Id, Role
from reptidex.tables.core.vivariums import Membership, Vivarium, membership_id
from reptidex.tables.query import select

routes = Routes("vivariums")


class VivariumBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a vivarium is called."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class VivariumView(msgspec.Struct, frozen=True, kw_only=True):
    """A vivarium."""

    vivarium_id: str
    name: str
    kind: str
    plan: str
    status: str
    owner_id: str
    created_at: datetime


class MyVivarium(VivariumView, frozen=True, kw_only=True):
    """A vivarium and one's role in it."""

    role: str


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A member."""

    user_id: str
    role: str
    added_at: datetime
    added_by: str | None = None


class NewMember(msgspec.Struct, frozen=True, kw_only=True):
    """Who becomes a member: by id, or by the address of an account."""

    role: Role
    user_id: Id | None = None
    email: Email | None = None


class RoleBody(msgspec.Struct, frozen=True, kw_only=True):
    """The role from now on."""

    role: Role


async def own_role(request: Any, vivarium_id: str, least: Role = "keeper") -> str:
    """Return the caller's role in a vivarium.

    Raises `NotFoundError` where they are no member (or there is none), `ForbiddenError` below the `least` role.
    """
    member = await request.read.get(Membership, membership_id(vivarium_id, request.caller.subject))
    if member is None:
        raise NotFoundError("vivarium", vivarium_id)
    if RANKS[member.role] < RANKS[least]:
        raise ForbiddenError(f"this needs the role of {least} or a higher one")
    role: str = member.role
    return role


@routes.get("/vivariums", policy=signed_in())
async def list_vivariums(request: Request[None, Paging]) -> Page[MyVivarium]:
    """List the vivariums that one belongs to."""
    mine = select(Membership, Membership.c.user_id == request.caller.subject, order=("membership_id",))
    found, following = await request.read.page(mine, request.query)
    items = []
    for member in found:
        vivarium = await request.read.need(Vivarium, member.vivarium_id)
        items.append(msgspec.convert(msgspec.structs.asdict(vivarium) | {"role": member.role}, MyVivarium))
    return Page(items=items, next=following)


@routes.post("/vivariums", policy=signed_in(cost=5), status=201)
async def open_vivarium(request: Request[VivariumBody, None]) -> VivariumView:
    """Open a business vivarium and own it."""
    command = OpenVivarium(
        vivarium_id=request.new_id(),
        subscription_id=request.new_id(),
        user_id=request.caller.subject,
        name=check_name(request.body.name, "/name"),
    )
    return await request.ask(command, VivariumView)


@routes.get("/vivariums/{vivarium_id}", policy=signed_in(), errors=(404,))
async def get_vivarium(request: Request[None, None]) -> MyVivarium:
    """Return a vivarium that one belongs to."""
    vivarium_id = request.path["vivarium_id"]
    role = await own_role(request, vivarium_id)
    vivarium = await request.read.need(Vivarium, vivarium_id)
    return msgspec.convert(msgspec.structs.asdict(vivarium) | {"role": role}, MyVivarium)


@routes.put("/vivariums/{vivarium_id}", policy=signed_in(), errors=(403, 404))
async def change_vivarium(request: Request[VivariumBody, None]) -> VivariumView:
    """Rename a vivarium."""
    vivarium_id = request.path["vivarium_id"]
    await own_role(request, vivarium_id, "herpetologist")
    command = ChangeVivarium(vivarium_id=vivarium_id, name=check_name(request.body.name, "/name"))
    return await request.ask(command, VivariumView)


@routes.get("/vivariums/{vivarium_id}/members", policy=signed_in(), errors=(404,))
async def list_members(request: Request[None, Paging]) -> Page[MemberView]:
    """List the members."""
    vivarium_id = request.path["vivarium_id"]
    await own_role(request, vivarium_id)
    every = select(Membership, Membership.c.vivarium_id == vivarium_id, order=("membership_id",))
    found, following = await request.read.page(every, request.query)
    return Page(items=[msgspec.convert(each, MemberView, from_attributes=True) for each in found], next=following)


@routes.post("/vivariums/{vivarium_id}/members", policy=signed_in(cost=5), status=201, errors=(403, 404, 409))
async def add_member(request: Request[NewMember, None]) -> MemberView:
    """Make somebody with an account a member."""
    body = request.body
    if (body.user_id is None) == (body.email is None):
        raise InvalidError("say who by `user_id` or by `email`", "/user_id")
    vivarium_id = request.path["vivarium_id"]
    await own_role(request, vivarium_id, "curator")
    user_id = body.user_id or await known_user(request, body.email or "")
    command = AddMember(vivarium_id=vivarium_id, user_id=user_id, role=body.role, by=request.caller.subject)
    return await request.ask(command, MemberView)


@routes.put("/vivariums/{vivarium_id}/members/{user_id}", policy=signed_in(), errors=(403, 404, 409))
async def change_member(request: Request[RoleBody, None]) -> MemberView:
    """Give a member another role."""
    command = ChangeMember(
        vivarium_id=request.path["vivarium_id"],
        user_id=request.path["user_id"],
        role=request.body.role,
        by=request.caller.subject,
    )
    return await request.ask(command, MemberView)


@routes.delete("/vivariums/{vivarium_id}/members/{user_id}", policy=signed_in(), status=204, errors=(403, 404, 409))
async def remove_member(request: Request[None, None]) -> None:
    """Remove a member, or leave."""
    await request.tell(
        RemoveMember(
            vivarium_id=request.path["vivarium_id"], user_id=request.path["user_id"], by=request.caller.subject
        )
    )
