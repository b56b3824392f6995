"""Puts events onto the log: an idempotent producer that waits for all replicas."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import aiokafka
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from reptidex.connectors.bridge.ports import Header
from reptidex.errors import ContractError, UnavailableError
from reptidex.settings import Settings

LINGER_MS = 2


class LogWriter:
    """The producer (`Log` of `reptidex.connectors.bridge.ports`)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: Any = None
        self._opening = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises `UnavailableError`."""
        await self._open()

    async def _open(self) -> Any:
        async with self._opening:
            if self._producer is None:
                producer = aiokafka.AIOKafkaProducer(
                    bootstrap_servers=self._settings.log,
                    client_id="repti-bridge",
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=LINGER_MS,
                    max_request_size=1_048_576,
                )
                try:
                    await producer.start()
                except (KafkaError, OSError) as problem:
                    await producer.stop()
                    raise UnavailableError("the log", repr(problem)) from problem
                self._producer = producer
            return self._producer

    async def send(self, topic: str, key: str, value: bytes, headers: Sequence[Header]) -> Awaitable[object]:
        """Hand a record over; what is returned is awaited for the acknowledgement.

        Both raise `UnavailableError`, and `ContractError` for a record that the log never takes.
        """
        producer = self._producer or await self._open()
        try:
            sent = await producer.send(topic, value, key=key.encode(), headers=list(headers))
        except (KafkaError, OSError, AssertionError) as problem:
            raise self._meaning(problem) from problem
        return self._acknowledged(sent)

    async def _acknowledged(self, sent: Awaitable[object]) -> None:
        try:
            await sent
        except (KafkaError, OSError) as problem:
            raise self._meaning(problem) from problem

    def _meaning(self, problem: BaseException) -> UnavailableError | ContractError:
        if isinstance(problem, MessageSizeTooLargeError):
            return ContractError(f"the log does not take an event of this size: {problem}")
        if not getattr(problem, "retriable", True):
            # An idempotent producer that has lost its sequence never finds it again: the next send begins with a new one.
            lost, self._producer = self._producer, None
            if lost is not None:
                asyncio.get_running_loop().create_task(
                    lost.stop(), name="a producer that lost its sequence"
                ).add_done_callback(lambda task: task.cancelled() or task.exception())
        return UnavailableError("the log", repr(problem))

    async def stop(self) -> None:
        """Send what is to be sent, and disconnect."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None
