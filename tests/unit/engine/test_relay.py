"""What is sent to the log: in order, again whatever it failed with, and no more in memory than a worker can bear."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from reptidex.agents.engine import relay
from reptidex.agents.engine.relay import Relay
from reptidex.tables.outbox import Batch, Sealed
from reptidex.testing import eventually
from reptidex.testing.harness import BEGINNING


class Log:
    """A producer's side of a log that is away until it is told to be there."""

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        self.there = asyncio.Event()
        self.taken: list[bytes] = []

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[None]":
        await self.there.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(bytes(batch._buffer))
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(None)
        return acknowledged


def batch(number: int, size: int = 10) -> Batch:
    """The n-th batch of an outbox: one record of so many bytes."""
    records = number.to_bytes(8) + bytes(size - 8)
    return Batch(0, number, number, BEGINNING, [Sealed("parcel.posted", 0, 1, records)])


class Sent:
    """A relay, and how far it has come."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relay, "RETRY_FIRST_S", 0.01)
        self.log, self.upto = Log(), 0
        self.relay = Relay(lambda: self.log, self._mark)

    def _mark(self, partition: int, number: int) -> None:
        self.upto = number


@pytest.fixture
async def sent(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sent]:
    sent = Sent(monkeypatch)
    yield sent
    await sent.relay.reset()


@pytest.mark.parametrize("problem", [KafkaError("away"), RuntimeError("unable to perform operation on <TCPTransport>")])
async def test_whatever_sending_failed_with_it_is_tried_again_in_order(sent: Sent, problem: Exception) -> None:
    sent.log.failures = [problem]
    sent.relay.offer([batch(1), batch(2)])
    sent.log.there.set()
    await eventually(lambda: sent.upto == 2)

    assert [int.from_bytes(each[:8]) for each in sent.log.taken] == [1, 2]


async def test_units_pause_while_too_many_bytes_wait_for_the_log(sent: Sent) -> None:
    large = relay.BACKLOG_BYTES // 4
    sent.relay.offer([batch(number, large) for number in range(1, 5)])
    before = sent.relay._ebb.is_set()
    sent.relay.offer([batch(5, large)])
    pausing = not sent.relay._ebb.is_set()
    sent.log.there.set()
    await asyncio.wait_for(sent.relay.ebb(), 30)

    assert (before, pausing) == (True, True)
