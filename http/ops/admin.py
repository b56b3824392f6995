"""Administration: the dashboard, users, vivariums, moderation."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.http.server.policy import scope, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.ops import DecideCase, FlagContent, PerformAdminAction
from reptidex.streams.ops import ModerationDecision
from reptidex.streams.values import Id, LongText, SubjectKind
from reptidex.tables.ops import queries
from reptidex.tables.ops.models import Alert, Case, EventCount, Health, Organization, Person

routes = Routes("administration")


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    """How often an event has been heard."""

    name: str
    count: int
    last_at: datetime


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """How a service does."""

    service: str
    status: str
    since: datetime
    looked_at: datetime
    dependencies: Annotated[dict[str, float], Meta(description="latency in ms; negative is down")]


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an engineer should look at."""

    alert_id: str
    service: str
    rule: str
    severity: str
    detail: str
    since: datetime
    status: str


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
    created_at: datetime


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A moderation case."""

    subject_id: str
    case_id: str
    subject_kind: str
    reasons: list[str]
    status: str
    decision: str | None
    opened_at: datetime


class NewStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a user becomes, and why."""

    status: Literal["active", "suspended"]
    reason: Annotated[str, Meta(min_length=3, max_length=2000)]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported."""

    subject_id: Id
    subject_kind: SubjectKind
    reason: Literal["spam", "abuse", "fraud", "welfare", "illegal", "lineage", "privacy", "other"]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ends."""

    subject_id: Id
    decision: ModerationDecision
    reason: LongText = ""


class StatusFilter(Paging, frozen=True, kw_only=True):
    """Only those of one status."""

    status: str | None = None


def _health(row: Health) -> HealthView:
    return msgspec.convert(row, HealthView, from_attributes=True)


def _alert(row: Alert) -> AlertView:
    return msgspec.convert(row, AlertView, from_attributes=True)


def _person(row: Person) -> PersonView:
    return msgspec.convert(row, PersonView, from_attributes=True)


def _case(row: Case) -> CaseView:
    return msgspec.convert(row, CaseView, from_attributes=True)


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
        open_cases=await read.count(queries.cases("open")),
        events=[_count(row) for row in await read.find(queries.counts())],
        services=[_health(row) for row in await read.find(queries.health())],
        alerts=[_alert(row) for row in await read.find(queries.alerts("raised"))],
    )


@routes.get("/admin/users", policy=scope("admin"))
async def list_users(request: Request[None, Paging]) -> Page[PersonView]:
    """List users, newest first."""
    found, after = await request.read.page(queries.people(), request.query)
    return Page(items=[_person(row) for row in found], next=after)


@routes.put("/admin/users/{user_id}/status", policy=scope("admin"))
async def set_user_status(request: Request[NewStatus, None]) -> PersonView:
    """Suspend or restore a user; repti-core ends the sessions of a suspended one."""
    command = PerformAdminAction(
        target_id=request.path["user_id"],
        target_kind="user",
        admin_id=request.caller.subject,
        action="user.suspend" if request.body.status == "suspended" else "user.restore",
        reason=request.body.reason,
    )
    return await request.ask(command, PersonView)


@routes.get("/admin/organizations", policy=scope("admin"))
async def list_organizations(request: Request[None, Paging]) -> Page[OrganizationView]:
    """List vivariums, newest first."""
    found, after = await request.read.page(queries.organizations(), request.query)
    return Page(items=[_organization(row) for row in found], next=after)


@routes.post("/content/reports", policy=signed_in(cost=5), status=201)
async def report_content(request: Request[Report, None]) -> CaseView:
    """Report something to the moderators."""
    ask = request.body
    command = FlagContent(
        subject_id=ask.subject_id, subject_kind=ask.subject_kind, reporter_id=request.caller.subject, reason=ask.reason
    )
    return await request.ask(command, CaseView)


@routes.get("/admin/content/reports", policy=scope("admin"))
async def list_cases(request: Request[None, StatusFilter]) -> Page[CaseView]:
    """List moderation cases, oldest first."""
    found, after = await request.read.page(queries.cases(request.query.status), request.query)
    return Page(items=[_case(row) for row in found], next=after)


@routes.post("/admin/content/moderate", policy=scope("admin"))
async def moderate(request: Request[Decision, None]) -> CaseView:
    """Decide an open case; the services that show the subject act on it."""
    ask = request.body
    command = DecideCase(
        subject_id=ask.subject_id, admin_id=request.caller.subject, decision=ask.decision, reason=ask.reason
    )
    return await request.ask(command, CaseView)


@routes.get("/monitoring/alerts", policy=scope("admin"))
async def list_alerts(request: Request[None, StatusFilter]) -> Page[AlertView]:
    """List alerts, newest first."""
    found, after = await request.read.page(queries.alerts(request.query.status), request.query)
    return Page(items=[_alert(row) for row in found], next=after)


@routes.get("/monitoring/health", policy=scope("admin"))
async def list_health(request: Request[None, None]) -> list[HealthView]:
    """Show how each service does."""
    return [_health(row) for row in await request.read.find(queries.health())]
