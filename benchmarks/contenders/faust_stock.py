"""Faust as its documentation writes it: `faust.Record`, `async for`, `await topic.send`, a table, `worker -l info`."""

import os
import sys
import tempfile
from typing import Any

import faust

from benchmarks.contenders.shared import Meter, arguments


class AskedData(faust.Record):
    """What was asked."""

    animal_id: str
    vivarium_id: str
    code: str
    species: str
    sex: str
    grams: int


class Asked(faust.Record, serializer="json"):  # type: ignore[call-arg]
    """The input: a CloudEvent."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    dataschema: str
    data: AskedData
    sequence: str


class DoneData(faust.Record):
    """What was counted."""

    animal_id: str
    seen: int
    grams: int


class Done(faust.Record, serializer="json"):  # type: ignore[call-arg]
    """The output: a CloudEvent."""

    id: str
    subject: str
    time: str
    data: DoneData
    sequence: str
    causationid: str
    specversion: str = "1.0"
    source: str = "/repti-bench"
    type: str = "bench.job.done"
    dataschema: str = "urn:reptidex:bench.job.done/1"
    datacontenttype: str = "application/json"


def main() -> None:
    """Run the job that the command line names."""
    told, meter = arguments(), Meter()
    app = faust.App(told.group, broker=f"kafka://{told.bootstrap}", datadir=tempfile.mkdtemp(), topic_partitions=4)
    source = app.topic(told.source, value_type=Asked)
    target = app.topic(told.target, value_type=Done)
    table: Any = app.Table(f"state-{told.target}", default=int, partitions=4) if told.job == "stateful" else None
    done = 0

    async def handle(stream: Any) -> None:
        nonlocal done
        async for asked in stream:
            meter.begin()
            if table is not None:
                table[asked.subject] += 1
                seen = table[asked.subject]
                data = DoneData(animal_id=asked.data.animal_id, seen=seen, grams=asked.data.grams)
                value = Done(
                    id=asked.id,
                    subject=asked.subject,
                    time=asked.time,
                    data=data,
                    sequence=str(seen).zfill(12),
                    causationid=asked.id,
                )
                await target.send(key=asked.subject, value=value)
            done += 1
            if done == told.count:
                await app.producer.flush()
                meter.report(done)
                os._exit(0)  # Faust's own stop may hang for minutes after a run like this

    app.agent(source)(handle)
    sys.argv = ["faust", "worker", "-l", "info", "--without-web"]
    app.main()


if __name__ == "__main__":
    main()
