"""The engine against bare loops and peers, on the same log in the same run: medians of interleaved rounds, ratios printed.

python -m benchmarks.run [--job stateful hot consume latency idle lookup] [--rounds 3]
    [--events 200000] [--only engine …] [--json FILE]
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.contenders.aiokafka_durable import CHANGELOG
from benchmarks.contenders.shared import BenchJobAsked
from benchmarks.idle import measure_idle
from benchmarks.latency import measure_hops
from benchmarks.load import Result, events, fill, forget_group, log_at, make_topic, run_contender
from benchmarks.lookup import measure_lookups

OTHERS = ("latency", "idle", "lookup")
BASE, DURABLE = "aiokafka_loop", "aiokafka_durable"
SOURCE = BenchJobAsked.contract.topic
CONTENDERS = {
    "engine": 1.0,
    BASE: 1.0,
    DURABLE: 1.0,
    "librdkafka_loop": 1.0,
    "bytewax_flow": 0.5,
    "fast_stream": 0.2,
    "quix": 0.25,
    "quix_bytes": 0.25,
    "faust_stock": 0.02,
    "faust_bytes": 0.02,
}
"""Each with the share of the events that it gets, so that every side runs for seconds."""
JOBS = {
    "stateful": ("stateful", 0, "stateful job, every key its own: one row really written per event"),
    "hot": ("stateful", 1000, "stateful job, 1,000 hot keys"),
    "consume": ("consume", 0, "consume, decode and count"),
}
GOALS: dict[str, dict[str, float]] = {
    "stateful": {BASE: 0.75, DURABLE: 0.75, "quix": 2, "faust_stock": 35},
    "hot": {BASE: 1.2, DURABLE: 1.2, "quix": 3.5},
    "consume": {BASE: 0.7},
}
"""What the engine's rate is to be, as a multiple of another contender's in the same run."""
console = Console(highlight=False, width=120)


async def throughput(
    job: str, names: list[str], rounds: int, count: int, broker: str | None
) -> dict[str, list[Result]]:
    """Run each contender `rounds` times, taking turns, each time into a fresh topic."""
    kind, keys, _ = JOBS[job]
    names = [
        name for name in names if name != DURABLE or kind == "stateful"
    ]  # what is kept nowhere, nobody has to keep
    found: dict[str, list[Result]] = {name: [] for name in names}
    async with log_at(broker) as bootstrap:
        await make_topic(bootstrap, CHANGELOG)
        size = await fill(bootstrap, SOURCE, events(count, keys))
        console.print(f"{JOBS[job][2]}: {count} events of {size} bytes in 4 partitions, {rounds} rounds taking turns")
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task(job, total=rounds * len(names))
            for round_ in range(rounds):
                for name in names:
                    share = max(2000, int(count * CONTENDERS[name]))
                    target = f"out-{name.replace('_', '-')}-{round_}"
                    await make_topic(bootstrap, target)
                    await asyncio.to_thread(forget_group, bootstrap, "repti-bench")
                    bar.update(task, description=f"{job}: {name}")
                    try:
                        result = await asyncio.to_thread(run_contender, name, kind, bootstrap, SOURCE, target, share)
                        found[name].append(result)
                    except (RuntimeError, subprocess.TimeoutExpired) as problem:
                        console.print(f"  {name}: {problem}")
                    bar.advance(task)
    return found


def show(job: str, found: dict[str, list[Result]]) -> dict[str, dict[str, float]]:
    """Print the table of one job and return its medians."""
    table = Table(title=JOBS[job][2], title_justify="left")
    for column in ("contender", "events/s", "CPU µs/event", "RSS MB", f"x {BASE}", "range"):
        table.add_column(column, justify="left" if column == "contender" else "right")
    medians: dict[str, dict[str, float]] = {}
    base = statistics.median([each.rate for each in found[BASE]]) if found.get(BASE) else None
    for name, results in found.items():
        if not results:
            table.add_row(name, "failed")
            continue
        rates = [each.rate for each in results]
        rate, cpu = statistics.median(rates), statistics.median([each.cpu_us for each in results])
        medians[name] = {"rate": rate, "cpu_us": cpu, "rss_mb": max(each.rss_mb for each in results)}
        ratio = f"{rate / base:.2f}" if base else ""
        spread = f"{min(rates):,.0f}-{max(rates):,.0f}"
        table.add_row(name, f"{rate:,.0f}", f"{cpu:.1f}", f"{medians[name]['rss_mb']:.0f}", ratio, spread)
    console.print(table)
    for name, results in found.items():
        notes = {key: value for each in results for key, value in each.notes.items()}
        if notes:
            console.print(f"  {name}: {notes}")
    return medians


def compare(job: str, medians: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Print and return the engine's medians over everybody else's, with the goals beside them."""
    ours = medians.get("engine")
    if ours is None or len(medians) < 2:
        return {}
    table = Table(title=f"{job}: the engine against each", title_justify="left")
    for column in ("contender", "rate ÷ its rate", "goal", "", "its CPU ÷ our CPU"):
        table.add_column(column, justify="left" if column == "contender" else "right")
    ratios = {}
    for name, theirs in medians.items():
        if name == "engine":
            continue
        rate, cpu = ours["rate"] / theirs["rate"], theirs["cpu_us"] / ours["cpu_us"]
        ratios[name] = {"rate": rate, "cpu": cpu}
        goal = GOALS[job].get(name)
        met = "" if goal is None else "met" if rate >= goal else "missed"
        table.add_row(name, f"{rate:.2f}", f"{goal:g}" if goal else "", met, f"{cpu:.2f}")
    console.print(table)
    return ratios


def main() -> int:
    """Run what was asked for and keep the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", nargs="*", choices=[*JOBS, *OTHERS], default=[*JOBS, *OTHERS])
    parser.add_argument("--only", nargs="*", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--broker", help="HOST:PORT; an embedded log of its own where none is told")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/latest.json"))
    told = parser.parse_args()
    console.print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    kept: dict[str, object] = {}
    for job in told.job:
        if job == "latency":
            kept[job] = asyncio.run(measure_hops(console, told.rounds))
        elif job == "idle":
            kept[job] = asyncio.run(measure_idle(console))
        elif job == "lookup":
            kept[job] = asyncio.run(measure_lookups(console, told.rounds))
        else:
            medians = show(job, asyncio.run(throughput(job, told.only, told.rounds, told.events, told.broker)))
            kept[job] = {"medians": medians, "engine_over": compare(job, medians)}
    told.json.parent.mkdir(parents=True, exist_ok=True)
    told.json.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
    console.print(f"kept in {told.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
