"""FastStream: a batch subscriber; state in a dictionary, not durable."""

import asyncio
import os
from typing import Annotated, Any

from faststream import Context
from faststream.kafka import KafkaBroker

from benchmarks.contenders.shared import Meter, arguments, decode, output


async def main() -> None:
    """Run the job that the command line names."""
    told, meter = arguments(), Meter()
    broker = KafkaBroker(told.bootstrap, logger=None, max_batch_size=1_048_576)
    finished, state, done = asyncio.Event(), dict[str, int](), 0

    async def raw(message: Any) -> Any:
        return message.body

    @broker.subscriber(  # type: ignore[untyped-decorator]
        told.source, batch=True, max_records=1000, group_id=told.group, auto_offset_reset="earliest", decoder=raw
    )
    async def handle(bodies: list[bytes], message: Annotated[Any, Context("message")]) -> None:
        nonlocal done
        meter.begin()
        said = []
        for body in bodies:
            asked = decode(body)
            if told.job == "stateful":
                seen = state[asked.subject] = state.get(asked.subject, 0) + 1
                said.append(output(asked, seen, asked.data.grams))
        if said:
            await broker.publish_batch(*said, topic=told.target)
        done += len(bodies)
        if done >= told.count:
            finished.set()

    await broker.start()
    await finished.wait()
    meter.report(done)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
