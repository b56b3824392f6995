"""A replay: the rows of a projection built from a topic beside the live ones, and switched."""

import logging
import tempfile
from typing import Any

import aiokafka
import uvloop

from benchmarks.contenders.engine import Seen
from benchmarks.contenders.shared import BenchJobAsked, Meter, arguments
from benchmarks.load import PARTITIONS
from reptidex.agents.agent import Unit, agent
from reptidex.agents.engine.replay.replay import Replay
from reptidex.agents.projection import Projection
from reptidex.services.service import Service
from reptidex.settings import Settings
from reptidex.tables.database import Database
from reptidex.tables.driver import Step
from reptidex.tables.projection import Part


@agent(BenchJobAsked, prefetch={Seen: "animal_id"})
async def weigh(event: BenchJobAsked, unit: Unit) -> None:
    """Count and weigh an animal."""
    known = await unit.get(Seen, event.animal_id)
    count, grams = (known.count + 1, known.grams + event.grams) if known else (1, event.grams)
    unit.put(Seen(animal_id=event.animal_id, count=count, grams=grams))


PROJECTION = Projection(name="seen", why="measure", parts=(Part(row=Seen),), agents=(weigh,))


class Timed:
    """Measures from the first offset to the last."""

    def __init__(self, meter: Meter) -> None:
        self._meter, self.total = meter, 0

    def phase(self, name: str, total: int) -> None:
        """Begin at the first."""
        if not self._meter.begun:
            self._meter.begin()
            self.total = total

    def step(self, count: int) -> None:
        """Look at nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""


async def handled_everything(database: Database, bootstrap: str, topic: str) -> None:
    """Have the live service stand at the end of the log."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    ends = await consumer.end_offsets([aiokafka.TopicPartition(topic, number) for number in range(PARTITIONS)])
    await consumer.stop()
    session = await database.session()
    rows: list[tuple[Any, ...]] = [(tp.topic, tp.partition, end, "{}") for tp, end in ends.items()]
    await session.commit([Step("INSERT INTO positions VALUES (?, ?, ?, ?)", rows)])
    await session.close()


async def main() -> None:
    """Replay the topic that the command line names."""
    told, meter = arguments(), Meter()
    logging.basicConfig(level="WARNING")
    with tempfile.TemporaryDirectory(prefix="reptidex-bench-") as folder:
        settings = Settings(log=told.bootstrap, state_dir=folder)
        service = Service(
            name="repti-bench",
            port=0,
            database="bench",
            purpose="measure",
            publishes=(),
            hears={BenchJobAsked: "measure"},
        )
        live = Database.open(settings.database_of("bench"), worker=False)
        await live.create("bench")
        await handled_everything(live, told.bootstrap, told.source)
        await live.close()
        timed = Timed(meter)
        report = await Replay(service, PROJECTION, settings, timed, step=lambda point: _end(point, meter, timed)).run()
        print(f"standstill {report.standstill_ms:.0f} ms for {report.rows['seen']} rows")


def _end(point: str, meter: Meter, timed: Timed) -> None:
    if point == "caught up":
        meter.report(timed.total)


if __name__ == "__main__":
    uvloop.run(main())
