"""How the services do: health at the last look, and alerts."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.http.server.policy import scope
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.tables.ops import queries
from reptidex.tables.ops.models import Alert, Health

routes = Routes("monitoring")


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
    resolved_at: datetime | None


class AlertFilter(Paging, frozen=True, kw_only=True):
    """Only those of one status."""

    status: Literal["raised", "resolved"] | None = None


def health_view(row: Health) -> HealthView:
    """Return the health of a service as it is shown."""
    return msgspec.convert(row, HealthView, from_attributes=True)


def alert_view(row: Alert) -> AlertView:
    """Return an alert as it is shown."""
    return msgspec.convert(row, AlertView, from_attributes=True)


@routes.get("/monitoring/alerts", policy=scope("admin"))
async def list_alerts(request: Request[None, AlertFilter]) -> Page[AlertView]:
    """List alerts, newest first."""
    found, after = await request.read.page(queries.alerts(request.query.status), request.query)
    return Page(items=[alert_view(row) for row in found], next=after)


@routes.get("/monitoring/health", policy=scope("admin", services=("repti-core",)))
async def list_health(request: Request[None, None]) -> list[HealthView]:
    """Show how each service does."""
    return [health_view(row) for row in await request.read.find(queries.health())]
