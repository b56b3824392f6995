"""An authorised look-up by key over HTTP, against a bare aiohttp JSON handler: the same answer, 32 connections, taking turns."""

import asyncio
import random
import statistics
import subprocess
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.contenders.lookup_server import ROWS, key_of
from benchmarks.load import ROOT
from benchmarks.processes import cpu_s

CONNECTIONS, SECONDS = 32, 4.0
SIDES = ("bare", "platform")
GOALS = {"rate": 0.6, "p99": 1.5}
"""Of the bare handler's: the rate at least, the p99 at most."""


async def _connection(port: int, token: str, until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    chance = random.Random(port)
    head = f"Host: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(f"GET /animals/{key_of(chance.randrange(ROWS))} HTTP/1.1\r\n{head}".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode())
        lower = answer.lower()
        start = lower.index(b"content-length:") + 15
        await reader.readexactly(int(lower[start : lower.index(b"\r", start)]))
        took.append(time.perf_counter() - began)
    writer.close()


async def _load(port: int, token: str, seconds: float) -> list[float]:
    took: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*[_connection(port, token, until, took) for _ in range(CONNECTIONS)])
    return took


async def measure_lookups(console: Console, rounds: int) -> dict[str, Any]:
    """Measure both sides, taking turns; print and return rate, CPU per request and p99."""
    found: dict[str, list[tuple[float, float, float]]] = {side: [] for side in SIDES}
    processes = {}
    try:
        for side in SIDES:
            command = [sys.executable, "-m", "benchmarks.contenders.lookup_server", side]
            process = await asyncio.to_thread(
                subprocess.Popen, command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            assert process.stdout is not None
            said, token = (await asyncio.to_thread(process.stdout.readline)).split()
            processes[side] = process, int(said), token
            await _load(int(said), token, 0.5)
        for _ in range(rounds):
            for side, (process, port, token) in processes.items():
                before = cpu_s(process.pid)
                took = sorted(await _load(port, token, SECONDS))
                cpu = (cpu_s(process.pid) - before) / len(took) * 1e6
                found[side].append((len(took) / SECONDS, cpu, took[int(len(took) * 0.99)] * 1000))
    finally:
        for process, _, _ in processes.values():
            process.kill()
            process.wait()
    return _show(console, found)


def _show(console: Console, found: dict[str, list[tuple[float, float, float]]]) -> dict[str, Any]:
    medians = {side: [statistics.median(each) for each in zip(*runs, strict=True)] for side, runs in found.items()}
    table = Table(title="an authorised look-up by key (token checked, row read from SQLite)", title_justify="left")
    for column in ("side", "requests/s", "CPU µs/request", "p99 ms", "x bare rate", "bare CPU ÷ its CPU", "x bare p99"):
        table.add_column(column, justify="left" if column == "side" else "right")
    bare = medians["bare"]
    for side, (rate, cpu, p99) in medians.items():
        ratios = [f"{rate / bare[0]:.2f}", f"{bare[1] / cpu:.2f}", f"{p99 / bare[2]:.2f}"]
        if side == "platform":
            ratios = [f"{ratios[0]} (goal {GOALS['rate']:g})", ratios[1], f"{ratios[2]} (goal {GOALS['p99']:g})"]
        table.add_row(side, f"{rate:,.0f}", f"{cpu:.0f}", f"{p99:.1f}", *ratios)
    console.print(table)
    return {side: dict(zip(("rate", "cpu_us", "p99_ms"), each, strict=True)) for side, each in medians.items()}
