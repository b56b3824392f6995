"""The process: what it answers over HTTP, what its command prints, what it refuses to start with."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from reptidex.connectors.bridge.names import queue_name
from reptidex.errors import SettingsError, UnavailableError
from reptidex.platform.bridge.process import Bridge
from reptidex.settings import BRIDGE, Settings, as_environment
from reptidex.testing import eventually
from reptidex.testing.ports import free_ports
from tests.integration.bridge.clouds import ENV, Cloud
from tests.integration.bridge.conftest import Run
from tests.integration.bridge.said import event
from tests.integration.bridge.test_inbound import Heard, queues, send, until

only_faulty = pytest.mark.parametrize("aws", ["faulty"], indirect=True)

NAMES = (
    "reptidex_bridge_published_total",
    "reptidex_bridge_batch_size",
    "reptidex_bridge_inflight",
    "reptidex_bridge_heartbeats_total",
    "reptidex_bridge_loops_dropped_total",
    "reptidex_bridge_watermark_age_seconds",
    "reptidex_bridge_trouble",
    "reptidex_bridge_lag_records",
    "reptidex_bridge_lanes_waiting",
    "reptidex_deadletter_total",
)


async def start(settings: Settings, *arguments: str) -> asyncio.subprocess.Process:
    """Start the command line with these settings."""
    own = as_environment(msgspec.structs.replace(settings, log_level="WARNING"))
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "reptidex", *arguments, env={**os.environ, **own},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def reptidex(settings: Settings, *arguments: str) -> tuple[int, str, str]:
    """Run the command line; return its exit code and what it printed."""
    process = await start(settings, *arguments)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@only_faulty
async def test_health_metrics_and_status_are_answered(aws: Cloud, run: Run, put: Any, settings: Settings) -> None:
    await aws.subscriber("animal.created")
    await put("animal.created", event("animal.created"))
    bridge = await run("outbound", "inbound")
    await eventually(lambda: bridge.status()["counted"].get("outbound published") == 1)

    async with aiohttp.ClientSession(base_url=settings.bridge_url) as session:
        assert (await session.get("/health")).status == 200
        assert (await session.get("/health/ready")).status == 503, "its queues are not there yet"
        await queues(aws)

        async def ready() -> bool:
            return (await session.get("/health/ready")).status == 200

        await eventually(ready)
        told = await (await session.get("/metrics")).text()
    code, out, _ = await reptidex(settings, "bridge", "status", "--json")

    assert [name for name in NAMES if f"# HELP {name.removesuffix('_total')}" not in told] == []
    sample = 'reptidex_bridge_published_total{direction="outbound",outcome="published",topic="animal.created"} 1.0'
    assert sample in told
    assert code == 0
    assert msgspec.json.decode(out)["counted"] == {"outbound published": 1}


@only_faulty
async def test_once_carries_what_is_there_and_ends(aws: Cloud, put: Any, heard: Heard, settings: Settings) -> None:
    url = await aws.subscriber("animal.created")
    standard, _ = await queues(aws)
    await put("animal.created", *(event("animal.created") for _ in range(25)))
    for _ in range(12):
        await send(aws, standard, event("animal.updated"))
    narrow = msgspec.structs.replace(settings, bridge_outbound=("animal.created",))

    code, out, err = await reptidex(narrow, "bridge", "--outbound", "--inbound", "--once", "--json")

    assert code == 0, err
    assert msgspec.json.decode(out) == {"outbound published": 25, "inbound published": 12}
    assert await aws.waiting(url) == 25
    assert len(await until(heard, "animal.updated", 12)) == 12
    assert await aws.waiting(standard) == 0


@only_faulty
async def test_once_ends_where_a_topic_is_missing_and_says_which(
    aws: Cloud, put: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reptidex.platform.bridge.outward.STUCK_S", 0.5)
    await put("animal.created", event("animal.created"))
    bridge = Bridge(settings, ("outbound",))
    await bridge.start(once=True)
    try:
        with pytest.raises(UnavailableError, match=r"1 events wait; animal\.created: NotFound"):
            await bridge.run_once()
    finally:
        await bridge.stop()


@only_faulty
async def test_what_was_refused_can_be_looked_at_by_the_command(aws: Cloud, settings: Settings) -> None:
    standard, _ = await queues(aws)
    await send(aws, standard, b"hello")
    code, _, err = await reptidex(settings, "bridge", "--inbound", "--once")
    assert code == 0, err

    code, out, _ = await reptidex(settings, "dead-letters", "list", BRIDGE, "--json")

    assert code == 0
    [letter] = msgspec.json.decode(out)
    assert (letter["topic"], letter["value"], letter["state"]) == (
        queue_name(BRIDGE, "inbound", ENV, fifo=False),
        "hello",
        "unreadable",
    )


@only_faulty
async def test_a_bridge_that_does_not_know_what_to_do_says_so(aws: Cloud, settings: Settings) -> None:
    code, _, err = await reptidex(settings, "bridge")
    assert code == 1 and "--outbound, --inbound or both" in err

    with pytest.raises(SettingsError, match="REPTIDEX_BRIDGE_INBOUND"):
        Bridge(msgspec.structs.replace(settings, bridge_inbound=()), ("inbound",))
    with pytest.raises(SettingsError, match="REPTIDEX_BRIDGE_OUTBOUND"):
        Bridge(
            msgspec.structs.replace(settings, state_dir=f"{settings.state_dir}/b", bridge_outbound=("!*", "*")),
            ("outbound",),
        )


@only_faulty
@pytest.mark.parametrize(
    ("way", "patterns", "slip"),
    [("inbound", ("animal.*", "oder.*"), "oder"), ("outbound", ("*", "!telemtry.*"), "telemtry")],
)
async def test_a_pattern_that_names_no_event_is_a_slip_of_the_pen(
    aws: Cloud, settings: Settings, way: Any, patterns: tuple[str, ...], slip: str
) -> None:
    changed: dict[str, Any] = {f"bridge_{way}": patterns}
    with pytest.raises(SettingsError, match=rf"REPTIDEX_BRIDGE_{way.upper()}: no event is called '!?{slip}"):
        Bridge(msgspec.structs.replace(settings, **changed), (way,))


@only_faulty
async def test_a_long_poll_does_not_hold_a_bridge_that_is_told_to_stop(aws: Cloud, settings: Settings) -> None:
    await queues(aws)
    process = await start(msgspec.structs.replace(settings, bridge_wait_s=20), "bridge", "--outbound", "--inbound")

    async def ready() -> bool:
        assert process.returncode is None
        with contextlib.suppress(aiohttp.ClientError):
            async with aiohttp.ClientSession() as session:
                return (await session.get(f"{settings.bridge_url}/health/ready")).status == 200
        return False

    await eventually(ready, 60, every=0.2)
    process.terminate()
    async with asyncio.timeout(10):
        assert await process.wait() == 0


async def test_a_bridge_that_waits_for_the_log_ends_when_it_is_told_to(tmp_path: Path) -> None:
    away = Settings(state_dir=str(tmp_path), log="127.0.0.1:1", bridge_inbound=("animal.*",))
    process = await start(away, "bridge", "--outbound", "--inbound")
    assert process.stderr is not None
    said = b""
    async with asyncio.timeout(60):
        while b"waiting for the log" not in said:
            line = await process.stderr.readline()
            assert line, said
            said += line

    process.terminate()
    async with asyncio.timeout(20):  # it would wait for a minute
        await process.communicate()
    assert process.returncode == 0


@only_faulty
async def test_it_ends_for_its_supervisor_where_the_process_that_calls_sqs_has_ended(
    aws: Cloud, settings: Settings
) -> None:
    await queues(aws)
    process = await start(settings, "bridge", "--inbound")
    [child] = await eventually(lambda: children(process.pid, "sqs_process"))
    os.kill(child, signal.SIGKILL)

    _, err = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 1
    assert "sqs does not answer: the process that calls SQS has ended" in err.decode()


def children(pid: int, called: str) -> list[int]:
    """Return the processes that a process has started and whose command line has this word in it."""
    started = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")).split()
    return [int(each) for each in started if called in Path(f"/proc/{each}/cmdline").read_text()]


@only_faulty
async def test_it_listens_on_loopback_only(aws: Cloud, run: Run) -> None:
    with pytest.raises(SettingsError, match="loopback"):
        await run("outbound", bridge_url="http://0.0.0.0:8007")


@only_faulty
async def test_its_figures_alone_are_answered_where_prometheus_can_reach_them(aws: Cloud, run: Run) -> None:
    [port] = free_ports(1)
    await run("outbound", bridge_metrics_url=f"http://0.0.0.0:{port}")

    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        told = await (await session.get("/metrics")).text()
        others = [(await session.get(path)).status for path in ("/status", "/health/deep")]

    assert "reptidex_bridge_lag_records" in told
    assert others == [404, 404]
