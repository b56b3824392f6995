"""Transactions as their coordinator sees them: states, fencing, timeouts, and what is left after a crash."""

import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused
from reptidex.devlog.groups.coordinator import Coordinator
from reptidex.devlog.handlers.context import Broker, Request
from reptidex.devlog.handlers.produce import append_batch
from reptidex.devlog.handlers.transactions import Transactions
from reptidex.devlog.options import Options
from reptidex.devlog.protocol.apis import Api
from tests.unit.devlog.bench import Bench, Crash, Opener, make_batch

ID = "orders"
TIMEOUT_MS = 10_000
Init = Callable[[], Awaitable[tuple[int, int]]]


@pytest.fixture
async def bench(open_store: Opener) -> Bench:
    """Return a store with a topic."""
    made = await open_store()
    await made.topic()
    return made


@pytest.fixture
def broker(bench: Bench) -> Broker:
    """Return the broker around the store."""
    return Broker(Options(bench.path, free_floor=0), bench.clock, bench.store, Coordinator(bench.clock, 0, 10))


@pytest.fixture
def transactions(broker: Broker) -> Transactions:
    """Return the coordinator of the broker's transactions."""
    return Transactions(broker)


@pytest.fixture
def init(broker: Broker, transactions: Transactions) -> Init:
    """Return a function that starts a producer and gives its id and epoch."""

    async def start() -> tuple[int, int]:
        body = struct.pack(">h", len(ID)) + ID.encode() + struct.pack(">i", TIMEOUT_MS)
        answer = await transactions.init_producer_id(broker, Request(Api.INIT_PRODUCER_ID, 0, 1, "test", body, 0))
        return answer["producer_id"], answer["producer_epoch"]

    return start


async def begin(transactions: Transactions, producer: tuple[int, int]) -> ErrorCode:
    """Take the topic's partition into the transaction."""

    def step(known: Any) -> Any:
        return type(known)(
            known.transactional_id,
            known.producer_id,
            known.epoch,
            known.state,
            known.timeout_ms,
            known.started_ms,
            [("eggs", 0)],
        )

    return await transactions._in_transaction((ID, *producer), step)


async def write(broker: Broker, bench: Bench, producer: tuple[int, int], value: str, sequence: int = 0) -> None:
    """Write one record in the transaction; raises Refused."""
    batch = make_batch(value, producer=(*producer, sequence), transactional=True)
    topic = bench.store.state.topics["eggs"]
    append_batch(broker, topic, topic.partitions[0], memoryview(batch), ID)
    await bench.store.durable()


async def test_an_open_transaction_holds_the_last_stable_offset_until_it_ends(
    bench: Bench, broker: Broker, transactions: Transactions, init: Init
) -> None:
    producer = await init()
    await begin(transactions, producer)
    await write(broker, bench, producer, "open")
    open_at = bench.partition().last_stable
    await transactions._finish(bench.store.state.transactions[ID], True, producer[1])

    assert (open_at, bench.partition().last_stable) == (0, 2)


async def test_a_transaction_that_runs_out_of_time_is_aborted_and_its_producer_fenced(
    bench: Bench, broker: Broker, transactions: Transactions, init: Init
) -> None:
    producer = await init()
    await begin(transactions, producer)
    await write(broker, bench, producer, "stuck")
    bench.clock.advance(TIMEOUT_MS / 1000 + 1)
    await transactions.abort_expired()

    assert bench.store.state.transactions[ID].state == "CompleteAbort"
    assert bench.partition().transactions.aborted_between(0, 10) == [(producer[0], 0)]
    with pytest.raises(Refused) as told:
        await write(broker, bench, producer, "late", 1)
    assert told.value.code is ErrorCode.invalid_producer_epoch


async def test_a_new_producer_of_the_same_id_aborts_what_the_old_one_left(
    bench: Bench, broker: Broker, transactions: Transactions, init: Init
) -> None:
    old = await init()
    await begin(transactions, old)
    await write(broker, bench, old, "zombie")
    new = await init()

    assert new[0] == old[0]
    assert new[1] > old[1]
    assert bench.partition().last_stable == bench.partition().end == 2


async def test_records_outside_a_transaction_are_refused(bench: Bench, broker: Broker, init: Init) -> None:
    producer = await init()

    with pytest.raises(Refused) as told:
        await write(broker, bench, producer, "too early")
    assert told.value.code is ErrorCode.invalid_txn_state


async def test_an_open_transaction_survives_a_crash(
    bench: Bench, broker: Broker, transactions: Transactions, init: Init, open_store: Opener, crash: Crash
) -> None:
    producer = await init()
    await begin(transactions, producer)
    await write(broker, bench, producer, "open")
    again = await open_store(crash(bench))

    assert again.partition().last_stable == 0
    assert again.store.state.transactions[ID].state == "Ongoing"
    assert again.store.state.next_producer_id > producer[0]


async def test_the_end_of_a_transaction_is_one_frame(
    bench: Bench, broker: Broker, transactions: Transactions, init: Init
) -> None:
    producer = await init()
    await begin(transactions, producer)
    await write(broker, bench, producer, "value")
    before = bench.store.next_frame
    await transactions._finish(bench.store.state.transactions[ID], True, producer[1])

    assert bench.store.next_frame == before + 1
