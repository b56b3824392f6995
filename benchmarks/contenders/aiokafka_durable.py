"""The bare loop, doing the engine's whole job: its state in a changelog (a record an update), its events with their headers.

`aiokafka_loop` forgets its state when it ends, and says less of each event.
"""

import asyncio
import time
from collections import defaultdict
from typing import Any

import aiokafka
import uvloop

from benchmarks.contenders.shared import BenchJobDone, Meter, arguments, decode, encode, output

CHANGELOG = "bench.job.changelog"


async def main() -> None:
    """Run the stateful job; there is nothing to keep in the others."""
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
    kind, content = ("ce_type", BenchJobDone.contract.name.encode()), ("content-type", b"application/cloudevents+json")
    while done < told.count:
        batches = await consumer.getmany(timeout_ms=1000)
        if batches:
            meter.begin()
        said: dict[int, Any] = defaultdict(producer.create_batch)
        kept: dict[int, Any] = defaultdict(producer.create_batch)
        for partition, records in batches.items():
            number = partition.partition
            for record in records:
                done += 1
                asked = decode(record.value)
                seen, grams = state.get(asked.subject, (0, 0))
                seen, grams = seen + 1, grams + asked.data.grams
                now = state[asked.subject] = (seen, grams)
                value = output(asked, seen, grams)
                headers = [("rx-mark", b"loop:%d:%d" % (number, done)), content, ("ce_id", asked.id.encode()), kind]
                if said[number].append(key=record.key, value=value, timestamp=None, headers=headers) is None:
                    waiting.append(await producer.send_batch(said.pop(number), told.target, partition=number))
                    said[number].append(key=record.key, value=value, timestamp=None, headers=headers)
                change = encode(now)
                if kept[number].append(key=record.key, value=change, timestamp=None) is None:
                    waiting.append(await producer.send_batch(kept.pop(number), CHANGELOG, partition=number))
                    kept[number].append(key=record.key, value=change, timestamp=None)
        for topic, builders in ((told.target, said), (CHANGELOG, kept)):
            for number, builder in builders.items():
                waiting.append(await producer.send_batch(builder, topic, partition=number))
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
