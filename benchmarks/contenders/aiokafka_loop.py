"""The bare baseline: aiokafka's `getmany`, and `send_batch` for output; state in a dictionary, not durable."""

import asyncio
import time
from collections import defaultdict
from typing import Any

import aiokafka
import uvloop

from benchmarks.contenders.shared import Meter, arguments, decode, output


async def main() -> None:
    """Run the job that the command line names."""
    told, meter = arguments(), Meter()
    consumer = aiokafka.AIOKafkaConsumer(
        told.source,
        bootstrap_servers=told.bootstrap,
        group_id=told.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=4000,
    )
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=told.bootstrap, max_batch_size=262144, acks="all")
    await consumer.start()
    await producer.start()
    state: dict[str, tuple[int, int]] = {}
    done, committed, waiting = 0, time.monotonic(), list[Any]()
    while done < told.count:
        batches = await consumer.getmany(timeout_ms=1000)
        if batches:
            meter.begin()
        builders: dict[int, Any] = defaultdict(producer.create_batch)
        for partition, records in batches.items():
            done += len(records)
            if told.job == "consume":
                for record in records:
                    decode(record.value)
                continue
            for record in records:
                asked = decode(record.value)
                seen, grams = state.get(asked.subject, (0, 0))
                seen, grams = seen + 1, grams + asked.data.grams
                state[asked.subject] = (seen, grams)
                value = output(asked, seen, grams)
                number = partition.partition
                if builders[number].append(key=record.key, value=value, timestamp=None) is None:
                    waiting.append(await producer.send_batch(builders.pop(number), told.target, partition=number))
                    builders[number].append(key=record.key, value=value, timestamp=None)
        for number, builder in builders.items():
            waiting.append(await producer.send_batch(builder, told.target, partition=number))
        if time.monotonic() - committed > 1:
            await asyncio.gather(*waiting)
            waiting.clear()
            await consumer.commit()
            committed = time.monotonic()
    await asyncio.gather(*waiting)
    await consumer.commit()
    meter.report(done)
    await producer.stop()
    await consumer.stop()


if __name__ == "__main__":
    uvloop.run(main())
