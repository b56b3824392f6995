"""Kill the log again and again under load, and see whether it kept what it acknowledged (scorecard row R5).

By hand, with more rounds than the suite: python -m tests.integration.devlog.kill_rounds 45
"""

import asyncio
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.integration.devlog.broker_process import BrokerProcess

TOPIC = "killed"
PARTITIONS = 4
READ_LIMIT = 60.0


@dataclass(slots=True)
class Result:
    """What was acknowledged, what came back, and the seconds of CPU that the first start and each restart took."""

    acknowledged: set[bytes] = field(default_factory=set)
    failed: int = 0
    read: Counter[bytes] = field(default_factory=Counter)
    first: float = 0.0
    restarts: list[float] = field(default_factory=list)

    @property
    def lost(self) -> set[bytes]:
        """Return the acknowledged records that did not come back."""
        return self.acknowledged - self.read.keys()

    @property
    def repeated(self) -> int:
        """Return how many records came back more than once."""
        return sum(1 for times in self.read.values() if times > 1)


class _Load:
    """An idempotent producer that writes numbered records until it is told to stop."""

    def __init__(self, bootstrap: str, result: Result) -> None:
        self._result = result
        self._stop = threading.Event()
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 2,
                "message.timeout.ms": 60_000,
                "reconnect.backoff.max.ms": 200,
                "queue.buffering.max.messages": 5000,
                "log_level": 0,
            }
        )
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            value = b"%d" % number
            try:
                self._producer.produce(TOPIC, value, partition=number % PARTITIONS, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(0.05)
                continue
            number += 1
            if number % 50 == 0:
                self._producer.poll(0.005)
        self._producer.flush(60)

    def _delivered(self, error: object, message: object) -> None:
        if error is None:
            self._result.acknowledged.add(message.value())  # type: ignore[attr-defined]
        else:
            self._result.failed += 1

    def finish(self) -> None:
        """Stop writing and wait until every record was acknowledged or failed."""
        self._stop.set()
        self._thread.join()


async def kill_rounds(broker: BrokerProcess, rounds: int, seed: int) -> Result:
    """Run the load, kill the log `rounds` times 0.7 to 1.7 s apart, then read everything back."""
    chance, result = random.Random(seed), Result()
    await broker.start()
    result.first = broker.cpu_s
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result(60)
    load = _Load(broker.bootstrap, result)
    try:
        for _ in range(rounds):
            await asyncio.sleep(chance.uniform(0.7, 1.7))
            broker.kill()
            await broker.start()
            result.restarts.append(broker.cpu_s)
    finally:
        await asyncio.to_thread(load.finish)
    await asyncio.to_thread(_read_back, broker.bootstrap, result)
    return result


def _read_back(bootstrap: str, result: Result) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "check.crcs": True})
    partitions = [TopicPartition(TOPIC, index, 0) for index in range(PARTITIONS)]
    ends = {p.partition: consumer.get_watermark_offsets(p, timeout=60)[1] for p in partitions}
    consumer.assign(partitions)
    left, deadline = sum(ends.values()), time.monotonic() + READ_LIMIT
    while left > 0 and time.monotonic() < deadline:
        for message in consumer.consume(1000, 1.0):
            if message.error():
                raise KafkaException(message.error())
            result.read[message.value()] += 1
            left -= 1
    consumer.close()


async def _by_hand(rounds: int, seed: int) -> int:
    with tempfile.TemporaryDirectory(dir=".") as directory:
        broker = BrokerProcess(Path(directory).resolve() / "log")
        try:
            result = await kill_rounds(broker, rounds, seed)
            print(broker.output.read_text()[-2000:])
        finally:
            broker.close()
    slowest = max(result.restarts, default=0.0)
    print(
        f"{rounds} kills: {len(result.acknowledged)} acknowledged, {len(result.lost)} lost, {result.repeated} repeated, "
        f"{result.failed} failed, a restart took up to {slowest:.2f} s of CPU"
    )
    return 1 if result.lost or result.repeated else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_by_hand(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)))
