"""Transactions: what is visible when, offsets inside them, zombies, timeouts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition

from reptidex.probe.clients import consumer, librdkafka, make_topic, producer, read_values, write
from reptidex.probe.registry import Target, probe, require

COMMITTED = "read_committed"
_PATIENCE = 35.0


@probe("txn_commit_abort_isolation", 60)
async def isolation(target: Target) -> None:
    """Does read_committed see exactly what was committed?"""
    topic = await make_topic(target, "tx")
    async with producer(target, transactional_id=target.name("tx1")) as client:
        for values, commit in (((b"c1", b"c2"), True), ((b"a1",), False), ((b"c3",), True)):
            await client.begin_transaction()
            for value in values:
                await client.send_and_wait(topic, value, partition=0)
            await (client.commit_transaction() if commit else client.abort_transaction())
    found = await read_values(target, topic, 6, COMMITTED)
    require(found == [b"c1", b"c2", b"c3"], f"read_committed gives {found}")


@probe("txn_commit_abort_librdkafka", 60)
async def isolation_librdkafka(target: Target) -> None:
    """The same with librdkafka."""
    topic = await make_topic(target, "txl")

    def exchange() -> list[bytes]:
        module = librdkafka()
        settings = {"bootstrap.servers": target.bootstrap, "transactional.id": topic, "transaction.timeout.ms": 10_000}
        writer = module.Producer(settings)
        writer.init_transactions(15)
        for value, commit in ((b"c1", True), (b"a1", False), (b"c2", True)):
            writer.begin_transaction()
            writer.produce(topic, value, partition=0)
            writer.flush(5)
            (writer.commit_transaction if commit else writer.abort_transaction)(15)
        reader = module.Consumer(
            {
                "bootstrap.servers": target.bootstrap,
                "group.id": topic,
                "isolation.level": COMMITTED,
                "enable.partition.eof": True,
            }
        )
        reader.assign([module.TopicPartition(topic, 0, 0)])
        found: list[bytes] = []
        while (message := reader.poll(8)) is not None and not message.error():
            found.append(message.value())
        reader.close()
        return found

    found = await asyncio.to_thread(exchange)
    require(found == [b"c1", b"c2"], f"read_committed gives {found}")


@probe("txn_open_blocks_lso", 50)
async def open_transaction(target: Target) -> str:
    """Does an open transaction hold back what follows it?"""
    topic, partition = await make_topic(target, "lso"), TopicPartition(target.name("lso"), 0)
    async with producer(target, transactional_id=topic) as client:
        await client.begin_transaction()
        await client.send_and_wait(topic, b"open", partition=0)
        await write(target, topic, b"after")
        while_open = await read_values(target, topic, 3, COMMITTED)
        async with consumer(target, isolation_level=COMMITTED) as reader:
            stable = (await reader.end_offsets([partition]))[partition]
        await client.commit_transaction()
    after = await read_values(target, topic, 4, COMMITTED)
    require(not while_open and after == [b"open", b"after"], f"while open {while_open}, then {after}")
    return f"last stable offset {stable}"


@probe("txn_offsets", 60)
async def offsets_in_transactions(target: Target) -> None:
    """Do offsets sent to a transaction appear with its commit only?"""
    source, out = await make_topic(target, "txs"), await make_topic(target, "txd")
    await write(target, source, *(b"%d" % number for number in range(10)))
    partition, group, seen = TopicPartition(source, 0), target.name("txg"), []

    async def committed() -> int | None:
        async with consumer(target, group_id=group) as client:
            client.assign([partition])
            offset: int | None = await client.committed(partition)
            return offset

    async with producer(target, transactional_id=target.name("txo")) as client:
        for offset, commit in ((5, True), (9, False)):
            await client.begin_transaction()
            await client.send_and_wait(out, b"o", partition=0)
            await client.send_offsets_to_transaction({partition: offset}, group)
            if commit:
                seen.append(await committed())
            await (client.commit_transaction() if commit else client.abort_transaction())
            await asyncio.sleep(0.5)
            seen.append(await committed())
    require(seen == [None, 5, 5], f"before the commit, after it, after an abort: {seen}")


@probe("txn_zombie_fencing", 60)
async def zombies(target: Target) -> str:
    """Is a producer fenced once another one took its transactional id?"""
    topic = await make_topic(target, "zf")
    told: list[str] = []
    settings = {"bootstrap_servers": target.bootstrap, "transactional_id": topic}
    old, new = AIOKafkaProducer(**settings), AIOKafkaProducer(**settings)
    try:
        await old.start()
        await old.begin_transaction()
        await old.send_and_wait(topic, b"zombie", partition=0)
        await new.start()
        await new.begin_transaction()
        await new.send_and_wait(topic, b"new", partition=0)
        await new.commit_transaction()
        attempts: list[Callable[[], Awaitable[Any]]] = [
            lambda: old.send_and_wait(topic, b"zombie2", partition=0),
            old.commit_transaction,
        ]
        for attempt in attempts:
            outcome = await asyncio.gather(asyncio.wait_for(attempt(), 10), return_exceptions=True)
            told.append(type(outcome[0]).__name__ if isinstance(outcome[0], Exception) else "accepted")
    finally:
        await asyncio.gather(old.stop(), new.stop(), return_exceptions=True)
    found = await read_values(target, topic, 5, COMMITTED)
    require(found == [b"new"] and "accepted" not in told, f"{told}, read_committed gives {found}")
    return ", ".join(told)


@probe("txn_timeout_aborts", 60)
async def timeouts(target: Target) -> str:
    """Is the transaction of a dead producer aborted when its time is over?"""
    topic = await make_topic(target, "tt")
    dead = AIOKafkaProducer(bootstrap_servers=target.bootstrap, transactional_id=topic, transaction_timeout_ms=4000)
    await dead.start()
    found: list[bytes] = []
    try:
        await dead.begin_transaction()
        await dead.send_and_wait(topic, b"stuck", partition=0)
        await write(target, topic, b"after")
        began = time.monotonic()
        while not found and time.monotonic() - began < _PATIENCE:
            found = await read_values(target, topic, 2, COMMITTED)
    finally:
        await asyncio.gather(asyncio.wait_for(dead.stop(), 5), return_exceptions=True)
    require(found == [b"after"], f"after {_PATIENCE:g} s read_committed gives {found}")
    return f"after {time.monotonic() - began:.1f} s"
