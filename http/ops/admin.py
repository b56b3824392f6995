"""Administration: the dashboard, users, vivariums."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.http.ops.monitoring import AlertView, HealthView, alert_view, health_view
from reptidex.http.server.policy import scope
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.ops import PerformAdminAction
from reptidex.tables.ops import queries
from reptidex.tables.ops.models import EventCount, Organization, Person

routes = Routes("administration")


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    """How often an event has been heard."""

    name: str
    count: int
    last_at: datetime


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the platform at a glance."""

    users: int
    vivariums: int
    open_cases: int
    events: list[StreamView]
    services: list[HealthView]
    alerts: list[AlertView]


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """A user as administrators see one; the address stays at repti-core."""

    user_id: str
    display_name: str
    status: str
    registered_at: datetime


class OrganizationView(msgspec.Struct, frozen=True, kw_only=True):
    """A vivarium as administrators see one."""

    vivarium_id: str
    name: str
    kind: str
    plan: str
    status: str
    created_at: datetime


class NewStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a user or a vivarium becomes, and why."""

    status: Literal["active", "suspended"]
    reason: Annotated[str, Meta(min_length=3, max_length=2000)]


def _person(row: Person) -> PersonView:
    return msgspec.convert(row, PersonView, from_attributes=True)


def _count(row: EventCount) -> StreamView:
    return msgspec.convert(row, StreamView, from_attributes=True)


def _organization(row: Organization) -> OrganizationView:
    return msgspec.convert(row, OrganizationView, from_attributes=True)


@routes.get("/admin/dashboard", policy=scope("admin"))
async def get_dashboard(request: Request[None, None]) -> Dashboard:
    """Show the platform at a glance."""
    read = request.read
    return Dashboard(
        users=await read.count(queries.people()),
        vivariums=await read.count(queries.organizations()),
        open_cases=await read.count(queries.cases("open")) + await read.count(queries.cases("appealed")),
        events=[_count(row) for row in await read.find(queries.counts())],
        services=[health_view(row) for row in await read.find(queries.health())],
        alerts=[alert_view(row) for row in await read.find(queries.alerts("raised", limit=100))],
    )


@routes.get("/admin/users", policy=scope("admin"))
async def list_users(request: Request[None, Paging]) -> Page[PersonView]:
    """List users, newest first."""
    found, after = await request.read.page(queries.people(), request.query)
    return Page(items=[_person(row) for row in found], next=after)


@routes.put("/admin/users/{user_id}/status", policy=scope("admin"), errors=(404,))
async def set_user_status(request: Request[NewStatus, None]) -> PersonView:
    """Suspend or restore a user; repti-core ends the sessions of a suspended one."""
    command = PerformAdminAction(
        target_id=request.path["user_id"],
        target_kind="user",
        admin_id=request.caller.subject,
        action="user.suspend" if request.body.status == "suspended" else "user.restore",
        reason=request.body.reason,
    )
    return _person(await request.ask(command, Person))


@routes.get("/admin/organizations", policy=scope("admin"))
async def list_organizations(request: Request[None, Paging]) -> Page[OrganizationView]:
    """List vivariums, newest first."""
    found, after = await request.read.page(queries.organizations(), request.query)
    return Page(items=[_organization(row) for row in found], next=after)


@routes.put("/admin/organizations/{vivarium_id}/status", policy=scope("admin"), errors=(404,))
async def set_organization_status(request: Request[NewStatus, None]) -> OrganizationView:
    """Suspend or restore a vivarium; repti-commerce withdraws the offers of a suspended one."""
    command = PerformAdminAction(
        target_id=request.path["vivarium_id"],
        target_kind="org",
        admin_id=request.caller.subject,
        action="org.suspend" if request.body.status == "suspended" else "org.restore",
        reason=request.body.reason,
    )
    return _organization(await request.ask(command, Organization))
