"""Quix Streams as its documentation writes it: JSON in and out by its own serialisers, RocksDB state with its changelog topic."""

import os
import tempfile
from typing import Any

from quixstreams import Application, State

from benchmarks.contenders.shared import Meter, arguments


def main() -> None:
    """Run the job that the command line names."""
    told, meter = arguments(), Meter()
    app = Application(
        broker_address=told.bootstrap,
        consumer_group=told.group,
        auto_offset_reset="earliest",
        commit_interval=1.0,
        state_dir=tempfile.mkdtemp(),
        loglevel="ERROR",
        topic_create_timeout=30,
    )
    source = app.topic(told.source, value_deserializer="json", key_deserializer="str")
    target = app.topic(told.target, value_serializer="json", key_serializer="str")
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == told.count:
            app.stop()

    def consume(value: dict[str, Any]) -> None:
        meter.begin()
        count()

    def handle(value: dict[str, Any], state: State) -> dict[str, Any]:
        meter.begin()
        data = value["data"]
        seen = state.get("seen", 0) + 1
        state.set("seen", seen)
        count()
        return {
            "specversion": "1.0",
            "id": value["id"],
            "source": "/repti-bench",
            "type": "bench.job.done",
            "subject": value["subject"],
            "time": value["time"],
            "datacontenttype": "application/json",
            "dataschema": "urn:reptidex:bench.job.done/1",
            "data": {"animal_id": data["animal_id"], "seen": seen, "grams": data["grams"]},
            "sequence": str(seen).zfill(12),
            "causationid": value["id"],
        }

    frame = app.dataframe(source)
    if told.job == "consume":
        frame.update(consume)
    else:
        frame.apply(handle, stateful=True).to_topic(target)
    app.run()
    meter.report(done)
    os._exit(0)


if __name__ == "__main__":
    main()
