"""The whole bridge, on a real log: `python -m benchmarks.bridge.ours WAY URL THREADS MESSAGES LOG FOLDER`."""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path

from benchmarks.bridge.null_aws import ACCOUNT, QUEUE
from benchmarks.bridge.said import EVENT
from benchmarks.processes import cpu_s
from reptidex.connectors.bridge.ports import Direction
from reptidex.platform.bridge.process import Bridge
from reptidex.platform.worker import run
from reptidex.settings import Settings


def spent_s() -> float:
    """Return the CPU seconds of this process and of the one beside it that calls SQS."""
    started = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()
    return time.process_time() + sum(cpu_s(int(pid)) for pid in started)


async def carry(way: Direction, settings: Settings, count: int) -> int:
    """Run the bridge until so many events have crossed, and print the figures."""
    bridge = Bridge(settings, (way,))
    totals = bridge.metrics.totals
    await bridge.start()
    while not totals.get((way, "published")):
        await asyncio.sleep(0.002)
    first = totals[way, "published"]
    began, cpu = time.perf_counter(), spent_s()
    while totals[way, "published"] < count:
        await asyncio.sleep(0.01)
    wall, spent = time.perf_counter() - began, spent_s() - cpu
    print(json.dumps({"events": count - first, "wall_s": wall, "cpu_s": spent}), flush=True)
    await bridge.stop()
    return 0


def main() -> None:
    """Parse, run."""
    way, url, threads, count, log, folder = sys.argv[1:]
    logging.basicConfig(level="WARNING")
    settings = Settings(
        log=log,
        state_dir=folder,
        aws_endpoint=url,
        bridge_env="bench",
        bridge_outbound=(EVENT,),
        bridge_inbound=("*",),
        bridge_queues=(f"{url}/{ACCOUNT}/{QUEUE}",),
        bridge_threads=int(threads) if way == "outbound" else max(1, int(threads) // 2),
        bridge_pollers=max(1, int(threads) // 2),
        bridge_url="http://127.0.0.1:0",
    )
    assert way in ("outbound", "inbound")
    run(carry("outbound" if way == "outbound" else "inbound", settings, int(count)))


if __name__ == "__main__":
    main()
