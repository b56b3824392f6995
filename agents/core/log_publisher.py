"""Events that come in over HTTP, put on the log beside the engine's own: readers drop a repeat by its id."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from reptidex.errors import UnavailableError
from reptidex.streams.codec import encode
from reptidex.streams.envelope import AnyEvent
from reptidex.streams.publisher import check_publishable

DEADLINE_S = 5.0


class LogPublisher:
    """`Publisher` with a producer of its own, which is started when it is first needed. Close it with `aclose`."""

    def __init__(self, log: str) -> None:
        self._log = log
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish(self, events: Sequence[AnyEvent], *, service: str) -> None:
        """Publish in the name of a service; return when the log has acknowledged all of them."""
        topics = [check_publishable(event.type, service).topic for event in events]
        try:
            async with asyncio.timeout(DEADLINE_S):
                producer = await self._started()
                sent = [
                    await producer.send(topic, encode(event), key=event.subject.encode())
                    for topic, event in zip(topics, events, strict=True)
                ]
                await asyncio.gather(*sent)
        except (KafkaError, TimeoutError) as problem:
            raise UnavailableError("the log", type(problem).__name__) from problem

    async def aclose(self) -> None:
        """Close the connection."""
        if self._producer is not None:
            await self._producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(bootstrap_servers=self._log, acks="all", enable_idempotence=True)
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
