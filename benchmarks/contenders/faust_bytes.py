"""Faust with its own models left out: bytes in and out, decoded by msgspec as every other contender; the rest as it comes."""

import asyncio
import os
import tempfile
from typing import Any

import faust

from benchmarks.contenders.shared import Meter, arguments, decode, output


def main() -> None:
    """Run the job that the command line names."""
    told, meter = arguments(), Meter()
    app = faust.App(
        told.group,
        broker=f"kafka://{told.bootstrap}",
        store="memory://",
        datadir=tempfile.mkdtemp(),
        web_enabled=False,
        topic_partitions=4,
        topic_disable_leader=True,
        broker_session_timeout=10,
    )
    source = app.topic(told.source, value_type=bytes, value_serializer="raw", key_serializer="raw")
    target = app.topic(told.target, value_type=bytes, value_serializer="raw", key_serializer="raw")
    table: Any = app.Table(f"state-{told.target}", default=int, partitions=4) if told.job == "stateful" else None
    done = 0

    async def handle(stream: Any) -> None:
        nonlocal done
        async for event in stream.events():
            meter.begin()
            asked = decode(event.value)
            if table is not None:
                seen = table[asked.subject] = table[asked.subject] + 1
                await target.send(key=event.key, value=output(asked, seen, asked.data.grams))
            done += 1
            if done == told.count:
                await app.producer.flush()
                meter.report(done)
                os._exit(0)  # Faust's own stop may hang for minutes after a run like this

    app.agent(source)(handle)

    async def run() -> None:
        app.conf.origin = None
        app.finalize()
        await app.start()
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    main()
