"""The bridge against bare boto3 with the same number of threads, both ways, taking turns: rates, CPU, and their ratio.

python -m benchmarks.bridge [--messages 20000] [--threads 8] [--rounds 5] [--json FILE]
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiokafka
import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.bridge.said import EVENT, event
from benchmarks.load import ROOT, Result, embedded_log
from reptidex.agents.engine.topics import ensure_topics
from reptidex.settings import Settings

console = Console(highlight=False, width=110)
WAYS = ("outbound", "inbound")


@contextlib.contextmanager
def null_aws(messages: int) -> Iterator[str]:
    """Run the server that answers at once."""
    command = [sys.executable, "-m", "benchmarks.bridge.null_aws", str(messages)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


async def fill(bootstrap: str, count: int) -> None:
    """Put the events on the log."""
    await ensure_topics(Settings(log=bootstrap))
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    sent = []
    for number in range(count):
        key, raw = event(number)
        sent.append(await producer.send(EVENT, raw, key=key.encode()))
    await asyncio.gather(*sent)
    await producer.stop()


def run_side(side: str, *arguments: str) -> Result:
    """Run one side in a process of its own. Raises `RuntimeError` with the end of its output."""
    command = [sys.executable, "-m", f"benchmarks.bridge.{side}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise RuntimeError(f"{side} failed: {(done.stderr or done.stdout)[-1500:]}")
    return Result(**json.loads(lines[-1]), rss_mb=0)


async def one_round(way: str, threads: int, count: int) -> tuple[Result, Result]:
    """Run bare boto3, then the bridge."""
    with null_aws(count) as url:
        bare = await asyncio.to_thread(run_side, "bare", way, url, str(threads), str(count))
    async with embedded_log() as bootstrap:
        with tempfile.TemporaryDirectory() as folder, null_aws(count) as url:
            if way == "outbound":
                await fill(bootstrap, count)
            ours = await asyncio.to_thread(run_side, "ours", way, url, str(threads), str(count), bootstrap, folder)
    return bare, ours


def main() -> int:
    """Run all rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/bridge.json"))
    told = parser.parse_args()
    size = len(event(0)[1])
    console.print(
        f"{told.messages} events of {size} bytes, {told.threads} threads, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f}; the bridge also runs a log, its inbox and its offsets"
    )
    table = Table(title="The bridge against bare boto3 on a server that answers at once", title_justify="left")
    for column in ("way", "bare/s", "bridge/s", "ratio", "bare CPU µs", "bridge CPU µs", "CPU ratio"):
        table.add_column(column, justify="left" if column == "way" else "right")
    kept = {}
    for way in WAYS:
        rounds = [asyncio.run(one_round(way, told.threads, told.messages)) for _ in range(told.rounds)]
        bare = statistics.median(each.rate for each, _ in rounds)
        ours = statistics.median(each.rate for _, each in rounds)
        ratio = statistics.median(each.rate / base.rate for base, each in rounds)
        bare_cpu = statistics.median(each.cpu_us for each, _ in rounds)
        ours_cpu = statistics.median(each.cpu_us for _, each in rounds)
        # By round: what else runs on the machine makes both sides of one round dearer alike.
        cpu_ratio = statistics.median(base.cpu_us / each.cpu_us for base, each in rounds)
        kept[way] = {
            "bare": bare,
            "bridge": ours,
            "ratio": ratio,
            "bare_cpu_us": bare_cpu,
            "bridge_cpu_us": ours_cpu,
            "cpu_ratio": cpu_ratio,
        }
        figures = (f"{bare:,.0f}", f"{ours:,.0f}", f"{ratio:.2f}", f"{bare_cpu:.0f}", f"{ours_cpu:.0f}")
        table.add_row(way, *figures, f"{cpu_ratio:.2f}")
    console.print(table)
    told.json.parent.mkdir(parents=True, exist_ok=True)
    told.json.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
