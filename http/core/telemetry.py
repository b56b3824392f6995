"""What the platform has been doing: counts of events, samples, the services' health."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.http.core.api_keys import EVERYBODY
from reptidex.http.server.policy import public, scope, services
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.core_vivariums import TrackSample
from reptidex.streams.values import Key, Text
from reptidex.tables.core.platform import EventCount, Sample, ServiceHealth
from reptidex.tables.query import select

routes = Routes("telemetry")


class CountFilter(Paging, frozen=True, kw_only=True):
    """Which counts: of one event, since a moment; the last hour where nothing is said."""

    name: str = ""
    since: datetime | None = None


class CountView(msgspec.Struct, frozen=True, kw_only=True):
    """So many events of one name in one minute."""

    name: str
    service: str
    minute: datetime
    count: int


class SampleBody(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a service."""

    kind: Literal["metric", "behaviour"]
    name: Key
    value: float
    unit: Text = ""
    labels: Annotated[dict[str, str], Meta(max_length=10)] = {}
    """A few bounded labels; never a person's data."""
    sampled_at: datetime | None = None


class SampleView(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a service."""

    service: str
    kind: str
    name: str
    value: float
    unit: str
    labels: dict[str, str]
    sampled_at: datetime


class SampleFilter(Paging, frozen=True, kw_only=True):
    """Which samples."""

    service: str
    name: str


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """How a service does, as monitoring last said."""

    service: str
    status: str
    since: datetime
    dependencies: dict[str, str]


@routes.get("/telemetry/events", policy=scope("admin", services=EVERYBODY))
async def event_counts(request: Request[None, CountFilter]) -> Page[CountView]:
    """List how many events of each name there were, by minute, the newest first."""
    asked = request.query
    since = asked.since or request.ports.clock() - timedelta(hours=1)
    conditions = [EventCount.c.minute >= since]
    if asked.name:
        conditions.append(EventCount.c.name == asked.name)
    counts = select(EventCount, *conditions, order=("-minute", "name"))
    found, following = await request.read.page(counts, asked)
    return Page(items=[msgspec.convert(each, CountView, from_attributes=True) for each in found], next=following)


@routes.post("/telemetry/samples", policy=services(*EVERYBODY), status=204)
async def track_sample(request: Request[SampleBody, None]) -> None:
    """Keep a figure of the service that asks, and publish it."""
    body = request.body
    await request.tell(
        TrackSample(
            service_name=request.caller.subject,
            sample_id=request.new_id(),
            kind=body.kind,
            name=body.name,
            value=body.value,
            unit=body.unit,
            labels=body.labels,
            sampled_at=body.sampled_at or request.ports.clock(),
        )
    )


@routes.get("/telemetry/samples", policy=scope("admin"))
async def list_samples(request: Request[None, SampleFilter]) -> Page[SampleView]:
    """List the samples of one figure, the newest first."""
    asked = request.query
    wanted = select(Sample, Sample.c.service == asked.service, Sample.c.name == asked.name, order=("-sampled_at",))
    found, following = await request.read.page(wanted, asked)
    return Page(items=[msgspec.convert(each, SampleView, from_attributes=True) for each in found], next=following)


@routes.get("/telemetry/health", policy=public())
async def platform_health(request: Request[None, None]) -> Page[HealthView]:
    """Say how the services do, as far as it has been heard."""
    every = await request.read.find(select(ServiceHealth, order=("service",)))
    return Page(items=[msgspec.convert(each, HealthView, from_attributes=True) for each in every])
