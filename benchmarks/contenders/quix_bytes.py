"""Quix Streams with its own serialisers left out: bytes in and out, decoded by msgspec as every other contender."""

import os
import tempfile
from typing import Any

from quixstreams import Application, State

from benchmarks.contenders.shared import Meter, arguments, decode, output


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
    source = app.topic(told.source, value_deserializer="bytes", key_deserializer="bytes")
    target = app.topic(told.target, value_serializer="bytes", key_serializer="bytes")
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == told.count:
            app.stop()

    def consume(value: bytes) -> None:
        meter.begin()
        decode(value)
        count()

    def handle(value: bytes, state: State) -> Any:
        meter.begin()
        asked = decode(value)
        seen = state.get("seen", 0) + 1
        state.set("seen", seen)
        count()
        return output(asked, seen, asked.data.grams)

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
