"""The bare hop: read, decode, update a dictionary, write, each batch awaited; for latency."""

import asyncio

import aiokafka
import uvloop

from benchmarks.contenders.shared import arguments, decode, output


async def main() -> None:
    """Serve until killed."""
    told = arguments()
    consumer = aiokafka.AIOKafkaConsumer(
        told.source, bootstrap_servers=told.bootstrap, group_id=told.group, auto_offset_reset="earliest"
    )
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=told.bootstrap, acks="all")
    await consumer.start()
    await producer.start()
    print("ready", flush=True)
    state: dict[str, int] = {}
    while True:
        for partition, records in (await consumer.getmany(timeout_ms=1000)).items():
            waiting = []
            for record in records:
                asked = decode(record.value)
                seen = state[asked.subject] = state.get(asked.subject, 0) + 1
                value = output(asked, seen, asked.data.grams)
                waiting.append(await producer.send(told.target, value, key=record.key, partition=partition.partition))
            await asyncio.gather(*waiting)


if __name__ == "__main__":
    uvloop.run(main())
