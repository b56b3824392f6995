"""What every contender shares: the event, the job's arithmetic, and how its cost is measured."""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from reptidex.streams.contract import Event, event
from reptidex.streams.envelope import CloudEvent
from reptidex.streams.values import Id, Text


@event("bench.job.asked", key="animal_id", service="bench")
class BenchJobAsked(Event, frozen=True, kw_only=True):
    """The input: a small animal record."""

    animal_id: Id
    vivarium_id: Id
    code: Text
    species: Text
    sex: Text
    grams: int


@event("bench.job.done", key="animal_id", service="bench")
class BenchJobDone(Event, frozen=True, kw_only=True):
    """The output: how often the animal has been seen, and its weights so far."""

    animal_id: Id
    seen: int
    grams: int


decode: Callable[[bytes], Any] = msgspec.json.Decoder(CloudEvent[BenchJobAsked]).decode
encode = msgspec.json.Encoder().encode


def output(asked: Any, seen: int, grams: int) -> bytes:
    """Return the bytes of the output event, a CloudEvent as the platform's own."""
    done = BenchJobDone(animal_id=asked.data.animal_id, seen=seen, grams=grams)
    return encode(
        CloudEvent(
            id=asked.id,
            source="/repti-bench",
            type="bench.job.done",
            subject=done.animal_id,
            time=asked.time,
            dataschema="urn:reptidex:bench.job.done/1",
            data=done,
            sequence=str(seen).zfill(12),
            causationid=asked.id,
        )
    )


class Arguments(msgspec.Struct, frozen=True):
    """What a contender is told."""

    job: str
    bootstrap: str
    source: str
    target: str
    count: int

    @property
    def group(self) -> str:
        """A consumer group that nobody used before."""
        return f"{self.target}-{time.time_ns()}"


def arguments() -> Arguments:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    for name in ("job", "bootstrap", "source", "target"):
        parser.add_argument(name)
    parser.add_argument("count", type=int)
    return Arguments(**vars(parser.parse_args()))


class Meter:
    """Wall time, CPU and memory of this process between the first event and `report`."""

    def __init__(self) -> None:
        self.begun = False

    def begin(self) -> None:
        """Start at the first event; later calls change nothing."""
        if not self.begun:
            self.begun, self.wall, self.cpu = True, time.perf_counter(), time.process_time()

    def report(self, count: int, **more: Any) -> None:
        """Print the result as one JSON line."""
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        # `ru_maxrss` would still hold what the parent had before `exec`; the kernel's high-water mark does not.
        status = Path("/proc/self/status").read_text() if Path("/proc/self/status").exists() else ""
        marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
        rss = int(marks[0]) / 1024 if marks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told = {"events": count, "wall_s": wall, "cpu_s": cpu, "rss_mb": round(rss, 1), **more}
        # A worker of Faust makes lines of its log of what goes to `sys.stdout`.
        print(json.dumps(told), file=sys.__stdout__, flush=True)
