"""What somebody may read and end of their own: the account, its sessions, its deletion."""

from datetime import datetime

import msgspec

from reptidex.errors import NotFoundError
from reptidex.http.core.ports import Ports, email_of
from reptidex.http.core.registration import Name, Password, check_name
from reptidex.http.core.sign_in import proved
from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.core import DeleteUser, EndSession
from reptidex.streams.commands.core_account import ChangeAccount
from reptidex.streams.values import Language
from reptidex.tables.core.address_changes import AddressChange
from reptidex.tables.core.people import Grant, Session, User
from reptidex.tables.core.vivariums import Membership, Vivarium
from reptidex.tables.query import select

routes = Routes("account")


class MembershipView(msgspec.Struct, frozen=True, kw_only=True):
    """A vivarium that the person belongs to."""

    vivarium_id: str
    name: str
    kind: str
    role: str
    plan: str


class MeView(msgspec.Struct, frozen=True, kw_only=True):
    """The person who asks."""

    user_id: str
    email: str
    new_email: str
    """The address that waits for the link which was sent to it; empty where none does."""
    display_name: str
    locale: str
    confirmed: bool
    mfa_on: bool
    recovery_codes_left: int
    status: str
    vivarium_id: str
    """The vivarium that the token speaks for."""
    role: str
    personal_vivarium_id: str
    scopes: tuple[str, ...]
    vivariums: list[MembershipView]
    created_at: datetime


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changes; what is left out stays."""

    display_name: Name | None = None
    locale: Language | None = None


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A device that is signed in."""

    session_id: str
    device: str
    ip_prefix: str
    how: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class Farewell(msgspec.Struct, frozen=True, kw_only=True):
    """The password, once more, before the account goes."""

    password: Password


@routes.get("/auth/me", policy=signed_in())
async def me(request: Request[None, None]) -> MeView:
    """Say who is asking."""
    ports: Ports = request.ports
    user = await request.read.need(User, request.caller.subject)
    if user.status == "deleted":
        raise NotFoundError("user", user.user_id)
    vivariums = []
    for member in await request.read.find(select(Membership, Membership.c.user_id == user.user_id)):
        vivarium = await request.read.need(Vivarium, member.vivarium_id)
        vivariums.append(
            MembershipView(
                vivarium_id=vivarium.vivarium_id,
                name=vivarium.name,
                kind=vivarium.kind,
                role=member.role,
                plan=vivarium.plan,
            )
        )
    grant = await request.read.get(Grant, user.address_hash)
    change = await request.read.get(AddressChange, user.user_id)
    return MeView(
        user_id=user.user_id,
        email=await email_of(ports, user),
        new_email=await email_of(ports, user, change) if change is not None and change.is_open(ports.clock()) else "",
        display_name=user.display_name,
        locale=user.locale,
        confirmed=user.confirmed_at is not None,
        mfa_on=user.mfa_on,
        recovery_codes_left=len(user.recovery_hashes),
        status=user.status,
        vivarium_id=request.caller.vivarium_id,
        role=request.caller.role,
        personal_vivarium_id=user.personal_vivarium_id,
        scopes=grant.scopes if grant else (),
        vivariums=vivariums,
        created_at=user.created_at,
    )


@routes.put("/auth/me", policy=signed_in(), errors=(422,))
async def change_me(request: Request[AccountChange, None]) -> MeView:
    """Change how one is called in mails and by administrators, and the language; what everybody reads is the profile."""
    body = request.body
    name = check_name(body.display_name) if body.display_name is not None else None
    await request.tell(ChangeAccount(user_id=request.caller.subject, display_name=name, locale=body.locale))
    changed: MeView = await me(request)
    return changed


@routes.get("/auth/sessions", policy=signed_in())
async def list_sessions(request: Request[None, Paging]) -> Page[SessionView]:
    """List the devices that are signed in."""
    now = request.ports.clock()
    live = select(
        Session,
        Session.c.user_id == request.caller.subject,
        Session.c.revoked_at.is_(None),
        Session.c.idle_until > now,
        Session.c.expires_at > now,
        order=("-session_id",),
    )
    found, following = await request.read.page(live, request.query)
    items = [
        msgspec.convert(
            msgspec.structs.asdict(session) | {"current": session.session_id == request.caller.session_id}, SessionView
        )
        for session in found
    ]
    return Page(items=items, next=following)


@routes.delete("/auth/sessions/{session_id}", policy=signed_in(), status=204, errors=(404,))
async def end_session(request: Request[None, None]) -> None:
    """Sign a device out."""
    await request.tell(EndSession(user_id=request.caller.subject, session_id=request.path["session_id"]))


@routes.post("/auth/me/delete", policy=signed_in(cost=10), status=204, errors=(401,))
async def delete_me(request: Request[Farewell, None]) -> None:
    """Delete the account for good. Everything that was sealed under the person's own key becomes unreadable."""
    ports: Ports = request.ports
    user = await request.read.need(User, request.caller.subject)
    await proved(request, await email_of(ports, user), request.body.password)
    await request.tell(DeleteUser(user_id=user.user_id, reason="requested"))
