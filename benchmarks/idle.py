"""Idle workers of all six services as `reptidex up` starts them: database up to date, topics, HTTP interface, nothing to do."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.load import embedded_log
from benchmarks.processes import cpu_s, rss_mb

SERVICES = ("core", "animal", "commerce", "media", "community", "ops")
SETTLE_S, WATCH_S, START_S = 25.0, 15.0, 60.0
MEMORY_GOAL_MB, CPU_GOAL = 120, 2.0
PORT = 18_000


async def _watch(short: str, bootstrap: str, folder: str) -> tuple[float, float]:
    """Return the resident megabytes and the percent of a core that an idle worker takes."""
    url = f"http://127.0.0.1:{PORT + SERVICES.index(short)}"
    environment = os.environ | {
        "REPTIDEX_LOG": bootstrap,
        "REPTIDEX_STATE_DIR": folder,
        f"REPTIDEX_{short.upper()}_URL": url,
    }
    migrate = [sys.executable, "-m", "reptidex", "migrate", short]
    await asyncio.to_thread(subprocess.run, migrate, env=environment, stdout=subprocess.DEVNULL, check=True)
    command = [sys.executable, "-m", "reptidex", "run", short]
    process = await asyncio.to_thread(
        subprocess.Popen, command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await _until_live(f"{url}/health", process)
        await asyncio.sleep(SETTLE_S)
        before = cpu_s(process.pid)
        began = time.monotonic()
        await asyncio.sleep(WATCH_S)
        share = (cpu_s(process.pid) - before) / (time.monotonic() - began) * 100
        return rss_mb(process.pid), share
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


async def _until_live(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < end and process.poll() is None:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)
    raise RuntimeError(f"no idle worker answers at {url}")


async def measure_idle(console: Console) -> dict[str, Any]:
    """Measure idle workers one after the other; print and return their memory and CPU."""
    table = Table(title="an idle worker, HTTP interface included", title_justify="left")
    for column in ("service", "RSS MB", f"goal {MEMORY_GOAL_MB}", "% of a core", f"goal {CPU_GOAL:g}"):
        table.add_column(column, justify="right")
    found = {}
    async with embedded_log() as bootstrap:
        for short in SERVICES:
            with tempfile.TemporaryDirectory(prefix="reptidex-bench-") as folder:
                rss, share = await _watch(short, bootstrap, folder)
            found[short] = {"rss_mb": rss, "cpu_percent": share}
            met = ["met" if it else "missed" for it in (rss <= MEMORY_GOAL_MB, share <= CPU_GOAL)]
            table.add_row(short, f"{rss:.0f}", met[0], f"{share:.1f}", met[1])
    worst = {unit: max(found, key=lambda short: found[short][unit]) for unit in ("rss_mb", "cpu_percent")}
    rss, share = found[worst["rss_mb"]]["rss_mb"], found[worst["cpu_percent"]]["cpu_percent"]
    table.caption = f"worst: {worst['rss_mb']} with {rss:.0f} MB, {worst['cpu_percent']} with {share:.1f} % of a core"
    console.print(table)
    return found
