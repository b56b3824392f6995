"""A consumer in a process of its own, so that it can be killed: `python -m reptidex.probe.member ...`.

It prints one JSON line for each assignment, revocation and record.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener


class _Listener(ConsumerRebalanceListener):
    """Print what is assigned and revoked."""

    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Note that the member gives up all it has."""
        _say(revoked=sorted(partition.partition for partition in revoked))

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Note what the member has now."""
        _say(assigned=sorted(partition.partition for partition in assigned))


def _say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


async def consume(bootstrap: str, topic: str, group: str, instance: str) -> None:
    """Consume and commit until SIGTERM; an empty `instance` makes a dynamic member."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        group_instance_id=instance or None,
        session_timeout_ms=6000,
        heartbeat_interval_ms=1000,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    consumer.subscribe([topic], listener=_Listener())
    await consumer.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def work() -> None:
        while True:
            batches = await consumer.getmany(timeout_ms=300)
            for partition, records in batches.items():
                for record in records:
                    _say(partition=partition.partition, offset=record.offset)
            if batches:
                await consumer.commit()

    working = asyncio.create_task(work())
    await stop.wait()
    working.cancel()
    await consumer.stop()


if __name__ == "__main__":
    asyncio.run(consume(*sys.argv[1:5]))
