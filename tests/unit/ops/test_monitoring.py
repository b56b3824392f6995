"""Watching the services."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from reptidex.services.ops import Finding, HealthProbe
from reptidex.streams.commands.ops import WatchService
from reptidex.streams.community import NotificationFailed
from reptidex.streams.ops import MonitoringAlertRaised, MonitoringAlertResolved, MonitoringHealthChanged
from tests.unit.ops.desk import SAM, Desk, uid

WATCH = WatchService(service="repti-animal")
DOWN = Finding(status="down", dependencies={})


async def _look(desk: Desk, finding: Finding, after: int = 15) -> list[Any]:
    desk.ports.health.finding = finding
    await desk.harness.advance(by=timedelta(seconds=after))
    return await desk.harness.carry_out(desk.ports)


async def test_a_service_is_looked_at_when_the_worker_starts_and_every_fifteen_seconds(desk: Desk) -> None:
    await desk.hear(WATCH)
    [first] = await desk.harness.carry_out(desk.ports)
    timers = await desk.harness.timers

    assert isinstance(first, MonitoringHealthChanged)
    assert (first.status, first.previous_status) == ("up", None)
    assert timers == {"watch:repti-animal": desk.harness.now + timedelta(seconds=15)}


async def test_a_restart_does_not_look_twice_as_often(desk: Desk) -> None:
    await desk.hear(WATCH)
    await desk.hear(WATCH)

    assert len(await desk.harness.timers) == 1


async def test_only_changes_are_told(desk: Desk) -> None:
    await desk.hear(WATCH)
    await desk.harness.carry_out(desk.ports)

    assert await _look(desk, desk.ports.health.finding) == []


async def test_a_service_that_stays_down_raises_one_alert_and_its_return_resolves_it(desk: Desk) -> None:
    await desk.hear(WATCH)
    await desk.harness.carry_out(desk.ports)
    down = await _look(desk, DOWN)
    still = await _look(desk, DOWN, after=5) + await _look(desk, DOWN, after=5)
    up = await _look(desk, Finding(status="degraded", dependencies={"database": 1.0, "core": -1.0}), after=5)

    assert [type(each) for each in down] == [MonitoringHealthChanged]
    assert [type(each) for each in still] == [MonitoringAlertRaised]
    assert [type(each) for each in up] == [MonitoringHealthChanged, MonitoringAlertResolved]
    assert up[1].alert_id == still[0].alert_id
    assert {part.name: part.status for part in up[0].dependencies} == {"core": "down", "database": "up"}


async def test_a_service_that_is_only_starting_is_no_alarm(desk: Desk) -> None:
    desk.ports.health.finding = DOWN
    await desk.hear(WATCH)
    first = await desk.harness.carry_out(desk.ports)
    then = await _look(desk, Finding(status="up", dependencies={}), after=5)

    assert [type(each) for each in first + then] == [MonitoringHealthChanged, MonitoringHealthChanged]


async def test_a_message_that_failed_raises_an_alert_once(desk: Desk) -> None:
    failed = NotificationFailed(
        notification_id=uid(70), recipient_id=SAM, channel="email", template="welcome", reason="provider"
    )
    [said] = await desk.hear(failed)

    assert (said.rule, said.service) == ("notification failed", "repti-community")
    assert await desk.hear(failed, message_id=uid(71)) == []


BODY = b'{"service":"repti-animal","status":"%s","dependencies":{"database":{"ok":true,"ms":1.5},"core":{"ok":false,"ms":9}}}'


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (200, BODY % b"up", Finding(status="up", dependencies={"database": 1.5, "core": -1.0})),
        (200, BODY % b"degraded", Finding(status="degraded", dependencies={"database": 1.5, "core": -1.0})),
        (503, BODY % b"down", Finding(status="down", dependencies={"database": 1.5, "core": -1.0})),
        (200, b"<html>", DOWN),
        (500, b"", DOWN),
    ],
)
async def test_the_probe_reads_what_a_service_says_of_itself(status: int, body: bytes, found: Finding) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/health/deep", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        probe = HealthProbe({"animal": str(server.make_url("")).rstrip("/")}, session)

        assert await probe.look("repti-animal") == found


async def test_a_service_that_does_not_answer_is_down() -> None:
    async with aiohttp.ClientSession() as session:
        probe = HealthProbe({"animal": "http://127.0.0.1:9"}, session)

        assert await probe.look("repti-animal") == DOWN
