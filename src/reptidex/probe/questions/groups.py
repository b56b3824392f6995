"""Consumer groups: who gets which partition when members come, go and die; and committed offsets."""

import asyncio
import random
import signal
import time
from itertools import chain
from typing import Any

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from reptidex.probe.clients import admin, consumer, librdkafka, librdkafka_admin, make_topic, producer, write
from reptidex.probe.party import Party
from reptidex.probe.registry import Target, probe, require

_LIMIT = 30
STARTING = 60.0
"""Members are processes that first have to start; those that are there already have settled long before."""
_CHURNS, _CHURN_PARTITIONS, _CHURN_RECORDS = 12, 8, 80


def _committed(target: Target, group: str) -> list[int]:
    module, client = librdkafka(), librdkafka_admin(target)
    asked = client.list_consumer_group_offsets([module.ConsumerGroupTopicPartitions(group)], request_timeout=25)
    return [row.offset for row in next(iter(asked.values())).result(_LIMIT).topic_partitions]


@probe("admin_groups")
async def administer(target: Target) -> str:
    """Can a group be listed, described with its members, asked for its offsets, and deleted?"""
    topic, group = await make_topic(target, "gr"), target.name("grp")
    await write(target, topic, b"1")

    def look() -> tuple[bool, str, int, list[Any]]:
        client = librdkafka_admin(target)
        listed = [row.group_id for row in client.list_consumer_groups(request_timeout=25).result(_LIMIT).valid]
        described = next(iter(client.describe_consumer_groups([group], request_timeout=25).values())).result(_LIMIT)
        return group in listed, str(described.state), len(described.members), _committed(target, group)

    def delete() -> None:
        client = librdkafka_admin(target)
        for done in client.delete_consumer_groups([group], request_timeout=25).values():
            done.result(_LIMIT)

    async with consumer(target, topic, group_id=group) as client:
        await client.getmany(timeout_ms=3000)
        await client.commit()
        listed, state, members, offsets = await asyncio.to_thread(look)
    require(listed and members == 1 and offsets, f"listed {listed}, {members} members, offsets {offsets}")
    await asyncio.to_thread(delete)
    return state


@probe("group_join_leave_kill", 150)
async def join_leave_kill(target: Target) -> str:
    """Do partitions move when members join, leave and are killed, without a record going missing?"""
    topic, times = await make_topic(target, "grp", 6), []
    with Party(target, topic, 6) as party:
        async with producer(target) as client:

            async def send() -> None:
                for number in range(60):
                    await client.send_and_wait(topic, b"%d" % number, partition=number % 6)

            party.add("a")
            times.append(("first", await party.settle(["a"], STARTING)))
            party.add("b")
            party.add("c")
            times.append(("three", await party.settle(["a", "b", "c"], STARTING)))
            await send()
            party.end("b", signal.SIGTERM)
            times.append(("left", await party.settle(["a", "c"], 25)))
            party.end("c", signal.SIGKILL)
            times.append(("killed", await party.settle(["a"], 30)))
            await send()
        await asyncio.sleep(3)
        missing = {(index, offset) for index in range(6) for offset in range(20)} - set(party.read())
        require(not missing, f"{len(missing)} of 120 records were read by nobody")
    return ", ".join(f"{what} {seconds:.1f} s" for what, seconds in times)


@probe("group_churn_20", 170)
async def churn(target: Target) -> str:
    """Does every record reach somebody while members are killed and replaced at random?"""
    topic, chance = await make_topic(target, "churn", _CHURN_PARTITIONS), random.Random(5)
    alive, sent = ["z0", "z1", "z2"], 0
    with Party(target, topic, _CHURN_PARTITIONS) as party:
        for name in alive:
            party.add(name)
        await party.settle(alive, STARTING)
        async with producer(target) as client:
            for round_ in range(_CHURNS):
                gone = chance.choice(alive)
                alive.remove(gone)
                party.end(gone, chance.choice([signal.SIGKILL, signal.SIGTERM]))
                alive.append(f"z{round_ + 3}")
                party.add(alive[-1])
                for _ in range(_CHURN_RECORDS):
                    await client.send_and_wait(topic, b"x", partition=sent % _CHURN_PARTITIONS)
                    sent += 1
                await asyncio.sleep(chance.random() * 2)
        settled = await party.settle(alive, STARTING)
        await asyncio.sleep(3)
        read = party.read()
    wanted = {(number % _CHURN_PARTITIONS, number // _CHURN_PARTITIONS) for number in range(sent)}
    missing = wanted - set(read)
    require(not missing, f"{len(missing)} of {sent} records were read by nobody")
    return f"{_CHURNS} churns, settled in {settled:.1f} s, {sent} records, {len(read) - len(set(read))} read twice"


@probe("group_static_member", 80)
async def static_members(target: Target) -> None:
    """Do members with a group.instance.id share the partitions?"""
    topic = await make_topic(target, "stat", 4)
    with Party(target, topic, 4) as party:
        party.add("s1", "i1")
        party.add("s2", "i2")
        await party.settle(["s1", "s2"], STARTING)


@probe("group_cooperative_librdkafka", 90)
async def cooperative(target: Target) -> str:
    """Does the cooperative-sticky protocol share the partitions?"""
    topic = await make_topic(target, "coop", 6)

    def share() -> list[list[int]]:
        module = librdkafka()
        settings = {
            "bootstrap.servers": target.bootstrap,
            "group.id": topic,
            "partition.assignment.strategy": "cooperative-sticky",
            "session.timeout.ms": 6000,
        }
        members: list[Any] = []
        shares: list[list[int]] = []
        for _ in range(2):
            members.append(module.Consumer(settings))
            members[-1].subscribe([topic])
            deadline, steady = time.monotonic() + 40, 0
            while steady < 8 and time.monotonic() < deadline:
                for member in members:
                    member.poll(0.2)
                shares = [sorted(row.partition for row in member.assignment()) for member in members]
                balanced = sorted(chain.from_iterable(shares)) == list(range(6)) and all(shares)
                steady = steady + 1 if balanced else 0
            require(steady >= 8, f"not balanced: {shares}")
        for member in members:
            member.close()
        return shares

    return str(await asyncio.to_thread(share))


@probe("offset_commit_metadata")
async def commit_metadata(target: Target) -> None:
    """Does the text that goes with a committed offset come back?"""
    topic, group = await make_topic(target, "ocm"), target.name("ocm")
    await write(target, topic, *[b"x"] * 5)
    partition = TopicPartition(topic, 0)
    async with consumer(target, group_id=group) as client:
        client.assign([partition])
        await client.commit({partition: OffsetAndMetadata(3, "meta-x")})
    # Not asked by confluent-kafka, which reads the text beyond its end now and then.
    async with admin(target) as client:
        found = [(row.offset, row.metadata) for row in (await client.list_consumer_group_offsets(group)).values()]
    require(found == [(3, "meta-x")], found)
