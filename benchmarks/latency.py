"""A hop's latency at 200 events a second: event on the log → handler → its event on the log, engine against a bare hop."""

import asyncio
import statistics
import subprocess
import sys
import time
from typing import Any

import aiokafka
from rich.console import Console
from rich.table import Table

from benchmarks.contenders.shared import BenchJobAsked, BenchJobDone
from benchmarks.load import ROOT, embedded_log, events, make_topic, relay_headers

RATE, SECONDS, WARM = 200, 6, 200
SIDES = ("aiokafka_hop", "engine")
GOALS = {"p50": 1.5, "p99": 2.5}
"""How many times as long as the bare hop the engine's may take."""


async def _probe(bootstrap: str, source: str, target: str) -> list[float]:
    """Put events on `source` at a steady rate and return the milliseconds until each one's answer is seen on `target`."""
    made = events(WARM + RATE * SECONDS, 0)
    consumer = aiokafka.AIOKafkaConsumer(target, bootstrap_servers=bootstrap, fetch_max_wait_ms=500)
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await consumer.start()
    await producer.start()
    sent: dict[bytes, float] = {}
    taken: dict[bytes, float] = {}

    async def read() -> None:
        async for record in consumer:
            taken[record.key] = time.perf_counter() - sent[record.key]
            if len(taken) == len(made):
                return

    reading = asyncio.create_task(read())
    begin = time.perf_counter()
    for place, (key, value, number) in enumerate(made):
        await asyncio.sleep(max(0.0, begin + place / RATE - time.perf_counter()))
        sent[key] = time.perf_counter()
        headers = relay_headers(number, place + 1)
        await producer.send(source, value, key=key, partition=number, headers=headers)
    await asyncio.wait_for(reading, 30)
    await producer.stop()
    await consumer.stop()
    return [taken[key] * 1000 for key, _, _ in made[WARM:]]


async def _side(name: str, bootstrap: str) -> list[float]:
    source, target = BenchJobAsked.contract.topic, BenchJobDone.contract.topic
    await make_topic(bootstrap, source)
    await make_topic(bootstrap, target)
    command = [sys.executable, "-m", f"benchmarks.contenders.{name}", "hop", bootstrap, source, target, "0"]
    process = await asyncio.to_thread(
        subprocess.Popen, command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        await asyncio.to_thread(_until_ready, process)
        return await _probe(bootstrap, source, target)
    finally:
        process.kill()
        process.wait()


def _until_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "ready":
            return
    raise RuntimeError("the contender ended before it was ready")


async def measure_hops(console: Console, rounds: int) -> dict[str, Any]:
    """Measure both sides, taking turns; print and return the medians of their p50 and p99."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in SIDES}
    for name in SIDES * rounds:
        async with embedded_log() as bootstrap:
            hops = sorted(await _side(name, bootstrap))
        found[name].append((hops[len(hops) // 2], hops[int(len(hops) * 0.99)]))
    table = Table(title=f"a hop at {RATE} events/s", title_justify="left")
    for column in ("side", "p50 ms", "p99 ms", "x bare p50", "x bare p99"):
        table.add_column(column, justify="right")
    medians = {
        name: {"p50": statistics.median([a for a, _ in each]), "p99": statistics.median([b for _, b in each])}
        for name, each in found.items()
        if each
    }
    bare = medians.get("aiokafka_hop")
    for name, each in medians.items():
        ratios = [f"{each[q] / bare[q]:.2f} (goal {GOALS[q]:g})" if bare and name == "engine" else "" for q in GOALS]
        table.add_row(name, f"{each['p50']:.2f}", f"{each['p99']:.2f}", *ratios)
    console.print(table)
    return medians
