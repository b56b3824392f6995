"""Telemetry: every event of the platform is counted by name and minute; samples are kept; the services' health is known."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.streams import core as events
from reptidex.streams.catalogue import everything
from reptidex.streams.commands.core_vivariums import CloseMinute, TrackSample
from reptidex.streams.contract import Event
from reptidex.streams.ops import MonitoringHealthChanged
from reptidex.tables.core.platform import EventCount, Sample, ServiceHealth
from reptidex.tables.core.projections import COUNTS_KEPT
from reptidex.tables.query import select

CLOSED_AFTER = timedelta(seconds=65)
"""A minute is summed up so long after it began: stragglers of a few seconds are in it."""


def minute_of(time: datetime) -> datetime:
    """Return the minute that a moment is in."""
    return time.replace(second=0, microsecond=0)


def count_id(minute: datetime, name: str) -> str:
    """Return the key of a count."""
    return f"{minute:%Y-%m-%dT%H:%MZ}/{name}"


@agent(*everything())
async def count_event(event: Event, unit: Unit) -> None:
    """Count an event in the minute of its time."""
    minute, contract = minute_of(unit.cause.time), event.contract
    key = count_id(minute, contract.name)
    known = await unit.get(EventCount, key)
    if known is not None:
        unit.put(replace(known, count=known.count + 1))
        return
    service = f"repti-{contract.service}"
    unit.put(EventCount(count_id=key, minute=minute, name=contract.name, service=service, count=1))
    bucket = f"{minute:%Y-%m-%dT%H:%MZ}"
    # Set again by a name that comes late for a minute that was summed up: readers keep the last sum.
    unit.timer(f"minute/{bucket}", minute + CLOSED_AFTER, CloseMinute(bucket=bucket, minute=minute))


@agent(CloseMinute)
async def close_minute(command: CloseMinute, unit: Unit) -> AsyncIterator[Event]:
    """Publish the counts of a minute, one event per name and one sample per service."""
    counts = await unit.find(select(EventCount, EventCount.c.minute == command.minute, order=("name",)))
    totals: dict[str, int] = {}
    for each in counts:
        totals[each.service] = totals.get(each.service, 0) + each.count
        yield events.EventsPublished(topic=each.name, minute=each.minute, count=each.count)
    for service, total in sorted(totals.items()):
        yield events.TelemetryTracked(
            service=service,
            kind="metric",
            name="events.published",
            value=total,
            unit="events/min",
            sampled_at=command.minute,
        )
    old = select(EventCount, EventCount.c.minute < command.minute - COUNTS_KEPT, order=("minute",), limit=500)
    for each in await unit.find(old):
        unit.delete(EventCount, each.count_id)


@agent(TrackSample)
async def track_sample(command: TrackSample, unit: Unit) -> AsyncIterator[Event]:
    """Keep a sample and publish it."""
    unit.put(
        Sample(
            sample_id=command.sample_id,
            service=command.service_name,
            kind=command.kind,
            name=command.name,
            value=command.value,
            unit=command.unit,
            labels=command.labels,
            sampled_at=command.sampled_at,
        )
    )
    yield events.TelemetryTracked(
        service=command.service_name,
        kind=command.kind,
        name=command.name,
        value=command.value,
        unit=command.unit,
        labels=command.labels,
        sampled_at=command.sampled_at,
    )


@agent(MonitoringHealthChanged, prefetch={ServiceHealth: "service"})
async def note_health(event: MonitoringHealthChanged, unit: Unit) -> None:
    """Take note of how a service does; what is older than what is known is dropped."""
    known = await unit.get(ServiceHealth, event.service)
    if known is not None and known.seen_version >= unit.cause.version:
        return
    unit.put(
        ServiceHealth(
            service=event.service,
            status=event.status,
            since=event.since,
            dependencies={each.name: each.status for each in event.dependencies},
            seen_version=unit.cause.version,
        )
    )
