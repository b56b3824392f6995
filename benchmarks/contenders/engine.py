"""The platform's engine: a worker as it runs in production, on SQLite (WAL, `synchronous=NORMAL`)."""

import asyncio
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator
from typing import Any

import uvloop

from benchmarks.contenders.shared import BenchJobAsked, BenchJobDone, Meter, arguments
from reptidex.agents.agent import Unit, agent
from reptidex.agents.runtime import build
from reptidex.services.service import Service
from reptidex.settings import Settings
from reptidex.streams.contract import Event
from reptidex.tables.row import Row, stored


@stored("seen", key="animal_id", service="bench")
class Seen(Row, frozen=True, kw_only=True):
    """The state: one row for each animal."""

    animal_id: str
    count: int
    grams: int


done = 0


@agent(BenchJobAsked, prefetch={Seen: "animal_id"})
async def weigh(event: BenchJobAsked, unit: Unit) -> AsyncIterator[Event]:
    """Count and weigh an animal."""
    known = await unit.get(Seen, event.animal_id)
    count, grams = (known.count + 1, known.grams + event.grams) if known else (1, event.grams)
    unit.put(Seen(animal_id=event.animal_id, count=count, grams=grams))
    yield BenchJobDone(animal_id=event.animal_id, seen=count, grams=grams)


@agent(BenchJobAsked)
async def count_only(event: BenchJobAsked, unit: Unit) -> None:
    """Count."""
    global done
    done += 1


async def main() -> None:
    """Run the job that the command line names."""
    told, meter = arguments(), Meter()
    logging.basicConfig(level="WARNING")
    if told.source != BenchJobAsked.contract.topic:
        raise SystemExit(f"the engine hears {BenchJobAsked.contract.topic}, as its contract says")
    service = Service(
        name="repti-bench",
        port=0,
        database="bench",
        purpose="measure",
        publishes=(BenchJobDone,),
        hears={BenchJobAsked: "measure"},
        agents=(count_only,) if told.job == "consume" else (weigh,),
    )
    with tempfile.TemporaryDirectory(prefix="reptidex-bench-") as folder:
        settings = Settings(
            environment="production",  # the tables are made below, not migrated
            log=told.bootstrap,
            state_dir=folder,
            session_timeout_s=10,
            sqlite_synchronous=os.environ.get("BENCH_SYNCHRONOUS", "NORMAL"),  # type: ignore[arg-type]
        )
        worker = build(service, settings)
        await worker.database.create("bench")
        started = time.perf_counter()
        starting = asyncio.create_task(worker.start())
        while not worker.engine.tally.units and not starting.done():
            await asyncio.sleep(0.002)
        await starting
        print("ready", flush=True)
        if told.job == "hop":
            await asyncio.Event().wait()
        meter.begin()
        before = worker.engine.tally.messages
        while worker.engine.tally.messages < told.count or worker.engine.relay.backlog:
            await asyncio.sleep(0.005)
        figures: Any = worker.figures()
        meter.report(
            told.count - before,
            units=figures.units,
            mean_unit=round(figures.messages / max(1, figures.units)),
            start_s=round(time.perf_counter() - started - (time.perf_counter() - meter.wall), 2),
            synchronous=settings.sqlite_synchronous,
        )
        await (
            worker.stop()
        )  # leaves the group, so that the next round's worker need not wait for this one's session to end
        os._exit(0)


if __name__ == "__main__":
    uvloop.run(main())
