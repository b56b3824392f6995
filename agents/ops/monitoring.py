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
LOOK_AGAIN = timedelta(seconds=5)
"""After this long, where a service was down."""
DOWN_AFTER = 2
"""So many looks in a row find a service down before an alert is raised: one that is just starting is no alarm."""


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
    """Keep the finding; publish a change, and an alert once a service was down at two looks in a row."""
    before, down = await unit.get(Health, command.service), command.status == "down"
    changed = before is None or before.status != command.status
    health = Health(
        service=command.service,
        status=command.status,
        since=unit.now if changed or before is None else before.since,
        looked_at=unit.now,
        missed_looks=(before.missed_looks if before else 0) + 1 if down else 0,
        dependencies=command.dependencies,
    )
    unit.put(health)
    if down:
        again = WatchService(service=command.service)
        unit.timer(f"watch:{command.service}", unit.now + LOOK_AGAIN, again)
    if changed:
        yield _change(health, before)
    for event in await _alert(health, unit):
        yield event


def _change(health: Health, before: Health | None) -> MonitoringHealthChanged:
    parts = tuple(
        DependencyHealth(name=name, status="up" if ms >= 0 else "down", latency_ms=max(ms, 0.0))
        for name, ms in sorted(health.dependencies.items())
    )
    return MonitoringHealthChanged(
        service=health.service,
        status=health.status,
        previous_status=before.status if before else None,
        since=health.since,
        dependencies=parts,
    )


async def _alert(health: Health, unit: Unit) -> list[Event]:
    key = f"down:{health.service}"
    alert = await unit.get(Alert, key)
    standing = alert is not None and alert.status == "raised"
    if health.missed_looks >= DOWN_AFTER and not standing:
        raised = Alert(
            alert_id=key,
            number=unit.new_id(),
            service=health.service,
            rule="service down",
            severity="critical",
            value=float(health.missed_looks),
            detail=f"down at {health.missed_looks} looks in a row",
            since=health.since,
        )
        unit.put(raised)
        return [_raised(raised)]
    if health.missed_looks == 0 and alert is not None and standing:
        unit.put(replace(alert, status="resolved", resolved_at=unit.now))
        return [
            MonitoringAlertResolved(
                service=alert.service,
                alert_id=alert.number,
                rule=alert.rule,
                severity="critical",
                value=0.0,
                threshold=float(DOWN_AFTER),
                since=alert.since,
                resolved_at=unit.now,
            )
        ]
    return []


def _raised(alert: Alert) -> MonitoringAlertRaised:
    return MonitoringAlertRaised(
        service=alert.service,
        alert_id=alert.number,
        rule=alert.rule,
        severity=alert.severity,
        value=alert.value,
        since=alert.since,
    )


@agent(NotificationFailed, prefetch={Alert: lambda e: [e.notification_id]})
async def raise_failed_notice(event: NotificationFailed, unit: Unit) -> AsyncIterator[Event]:
    """Raise an alert for a message that could not be sent, once. An address that does not exist is no fault of ours."""
    if event.reason not in ("provider", "refused") or await unit.get(Alert, event.notification_id):
        return
    alert = Alert(
        alert_id=event.notification_id,
        number=event.notification_id,
        service="repti-community",
        rule="notification failed",
        severity="warning",
        value=float(event.attempts),
        detail=f"{event.template} by {event.channel}: {event.reason}",
        since=unit.now,
    )
    unit.put(alert)
    yield _raised(alert)
