"""Quix Streams as its documentation writes it: JSON in and out by its own serialisers, RocksDB state with its changelog topic."""

import os
import tempfile
from collections.abc import Callable
from typing import Any

from quixstreams import Application, State

from benchmarks.contenders.shared import Meter, arguments


def said(value: dict[str, Any], seen: int) -> dict[str, Any]:
    """Return the output for an input, as a dictionary."""
    data = value["data"]
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


def main(
    form: str = "json", key_form: str = "str", read: Callable[[Any], Any] | None = None, say: Callable[..., Any] = said
) -> None:
    """Run the job that the command line names: values in a form of Quix's own, `read` before they are dealt with."""
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
    source = app.topic(told.source, value_deserializer=form, key_deserializer=key_form)
    target = app.topic(told.target, value_serializer=form, key_serializer=key_form)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == told.count:
            app.stop()

    def consume(value: Any) -> None:
        meter.begin()
        if read is not None:
            read(value)
        count()

    def handle(value: Any, state: State) -> Any:
        meter.begin()
        asked = value if read is None else read(value)
        seen = state.get("seen", 0) + 1
        state.set("seen", seen)
        count()
        return say(asked, seen)

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
