"""Watching the services: their health at each interval, and notices that could not be sent."""

from collections.abc import AsyncIterator
from datetime import timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Call, Effect, Unit, agent, carries_out
from reptidex.streams.commands.ops import RecordHealth, WatchService
from reptidex.streams.community import NotificationFailed
from reptidex.streams.contract import Command, Event
from reptidex.streams.ops import (
    DependencyHealth,
    MonitoringAlertRaised,
    MonitoringAlertResolved,
    MonitoringHealthChanged,
)
from reptidex.tables.ops.models import Alert, Health

LOOK_EVERY = timedelta(seconds=15)


class LookAtHealth(Effect, frozen=True, kw_only=True):
    """Ask a service how it does."""

    service: str


@carries_out(LookAtHealth, attempts=1)
async def look_at_health(effect: LookAtHealth, call: Call) -> Command | None:
    """Read the service's deep health; a service that does not answer is down, which is a finding and no failure."""
    finding = await call.ports.health.look(effect.service)
    return RecordHealth(service=effect.service, status=finding.status, dependencies=finding.dependencies)


@agent(WatchService)
async def watch_service(command: WatchService, unit: Unit) -> None:
    """Look now, and set the timer for the next look."""
    unit.effect(LookAtHealth(service=command.service))
    unit.timer(f"watch:{command.service}", unit.now + LOOK_EVERY, command)


@agent(RecordHealth, prefetch={Health: "service", Alert: lambda c: [f"down:{c.service}"]})
async def record_health(command: RecordHealth, unit: Unit) -> AsyncIterator[Event]:
    """Keep the finding; publish only a change, with an alert while the service is down."""
    before = await unit.get(Health, command.service)
    changed = before is None or before.status != command.status
    unit.put(
        Health(
            service=command.service,
            status=command.status,
            since=unit.now if changed or before is None else before.since,
            looked_at=unit.now,
            dependencies=command.dependencies,
        )
    )
    if not changed:
        return
    parts = tuple(
        DependencyHealth(name=name, status="up" if ms >= 0 else "down", latency_ms=max(ms, 0.0))
        for name, ms in sorted(command.dependencies.items())
    )
    yield MonitoringHealthChanged(
        service=command.service,
        status=command.status,
        previous_status=before.status if before else None,  # type: ignore[arg-type]  # stored as it came in
        since=unit.now,
        dependencies=parts,
    )
    async for event in _alert(command.service, command.status == "down", unit):
        yield event


async def _alert(service: str, down: bool, unit: Unit) -> AsyncIterator[Event]:
    key = f"down:{service}"
    alert = await unit.get(Alert, key)
    standing = alert is not None and alert.status == "raised"
    if down and not standing:
        alert_id = unit.new_id()
        unit.put(
            Alert(
                alert_id=key,
                service=service,
                rule="service down",
                severity="critical",
                value=1.0,
                detail=alert_id,
                since=unit.now,
            )
        )
        yield MonitoringAlertRaised(
            service=service, alert_id=alert_id, rule="service down", severity="critical", value=1.0, since=unit.now
        )
    elif not down and alert is not None and standing:
        unit.put(replace(alert, status="resolved", resolved_at=unit.now))
        yield MonitoringAlertResolved(
            service=service,
            alert_id=alert.detail,
            rule=alert.rule,
            severity="critical",
            value=0.0,
            since=alert.since,
            resolved_at=unit.now,
        )


@agent(NotificationFailed, prefetch={Alert: lambda e: [e.notification_id]})
async def raise_failed_notice(event: NotificationFailed, unit: Unit) -> AsyncIterator[Event]:
    """Raise an alert for a message that its provider would not take, once."""
    if await unit.get(Alert, event.notification_id):
        return
    unit.put(
        Alert(
            alert_id=event.notification_id,
            service="repti-community",
            rule="notification failed",
            severity="warning",
            value=1.0,
            detail=f"{event.template} by {event.channel}",
            since=unit.now,
        )
    )
    yield MonitoringAlertRaised(
        service="repti-community", alert_id=unit.new_id(), rule="notification failed", value=1.0, since=unit.now
    )
