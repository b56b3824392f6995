"""What the log never takes is refused once, and holds nothing else up."""

import asyncio
from types import NoneType
from typing import Any

from aiokafka.errors import RequestTimedOutError

from reptidex.connectors.bridge.ports import Said
from reptidex.errors import ContractError, UnavailableError
from reptidex.platform.bridge.log_writer import LogWriter
from reptidex.settings import Settings


async def test_a_record_that_is_too_large_for_the_log_is_refused_and_its_neighbours_are_not(
    settings: Settings, put: object
) -> None:
    writer = LogWriter(settings)
    await writer.start()
    try:
        sizes = ((10, 0), (1_300_000, 0), (20, 0), (1_040_000, 20_000), (30, 0), (1_040_000, 0))
        said = await writer.put(
            [Said("animal.created", "one-key", b"x" * value, [("h", b"x" * header)]) for value, header in sizes]
        )
    finally:
        await writer.stop()

    assert [type(each) for each in said] == [NoneType, ContractError, NoneType, ContractError, NoneType, NoneType]


class Faltering:
    """A producer whose batches hold two records, and whose first one does not arrive."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []

    def create_batch(self) -> Any:
        class Batch(list[bytes]):
            def append(self, *, value: bytes, **_: Any) -> Any:  # type: ignore[override]
                if len(self) == 2:
                    return None
                super().append(value)
                return object()

        return Batch()

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[None]":
        self.sent.append(list(batch))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if len(self.sent) == 1:
            done.set_exception(RequestTimedOutError())
        else:
            done.set_result(None)
        return done


async def test_what_waits_behind_records_that_failed_does_not_overtake_them() -> None:
    writer, producer = LogWriter(Settings()), Faltering()
    writer._producer = producer
    records = [Said("animal.created", "one-key", value, ()) for value in (b"a", b"b", b"c")]

    assert [type(each) for each in await writer.put(records)] == [UnavailableError] * 3
    assert await writer.put(records) == [None] * 3
    assert producer.sent == [[b"a", b"b"], [b"a", b"b"], [b"c"]]
