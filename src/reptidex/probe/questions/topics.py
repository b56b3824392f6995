"""Topics and their settings, as an operator handles them."""

import asyncio
import time
from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from reptidex.probe.clients import admin, librdkafka, librdkafka_admin, make_topic, producer, read, write
from reptidex.probe.registry import Target, probe, require

_ALREADY_EXISTS = 36
_RESULT_LIMIT = 10
_NEWS_S = 5.0


async def _settings(client: Any, topic: str, **wanted: str) -> dict[str, str]:
    """Return a topic's settings, as soon as they are the wanted ones: on a cluster the news of a change takes a moment."""
    end = time.monotonic() + _NEWS_S
    while True:
        answers = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        found = {row[0]: row[1] for answer in answers for resource in answer.resources for row in resource[4]}
        if wanted.items() <= found.items() or time.monotonic() > end:
            return found
        await asyncio.sleep(0.05)


@probe("admin_create_topic_configs")
async def create_with_settings(target: Target) -> str:
    """Are partitions and settings as asked for?"""
    topic = await make_topic(target, "cfg", 4, {"cleanup.policy": "compact", "retention.ms": "60000"})
    async with admin(target) as client:
        described = await client.describe_topics([topic])
        found = await _settings(client, topic)
    require(len(described[0]["partitions"]) == 4, f"{len(described[0]['partitions'])} partitions instead of 4")
    require(found.get("cleanup.policy") == "compact" and found.get("retention.ms") == "60000", found)
    return f"{len(found)} settings shown"


@probe("admin_create_duplicate")
async def create_twice(target: Target) -> None:
    """Is the second topic of a name refused with TOPIC_ALREADY_EXISTS?"""
    topic = await make_topic(target, "dup")
    async with admin(target) as client:
        code = (await client.create_topics([NewTopic(topic, 1, target.replication)])).topic_errors[0][1]
    require(code == _ALREADY_EXISTS, f"error {code} instead of {_ALREADY_EXISTS}")


@probe("admin_alter_configs")
async def alter_settings(target: Target) -> None:
    """Does AlterConfigs change a setting?"""
    topic = await make_topic(target, "alt")
    async with admin(target) as client:
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "12345"})])
        found = await _settings(client, topic, **{"retention.ms": "12345"})
    require(found.get("retention.ms") == "12345", f"retention.ms is {found.get('retention.ms')}")


@probe("admin_incremental_alter_configs")
async def alter_one_setting(target: Target) -> None:
    """Does IncrementalAlterConfigs change one setting and leave the others?"""
    topic = await make_topic(target, "inc", 1, {"retention.ms": "60000"})

    def change() -> dict[str, str]:
        module, client = librdkafka("confluent_kafka.admin"), librdkafka_admin(target)
        entry = module.ConfigEntry("max.message.bytes", "2000000", incremental_operation=module.AlterConfigOpType.SET)
        resource = module.ConfigResource(module.ResourceType.TOPIC, topic, incremental_configs=[entry])
        for done in client.incremental_alter_configs([resource]).values():
            done.result(_RESULT_LIMIT)
        described = client.describe_configs([module.ConfigResource(module.ResourceType.TOPIC, topic)])
        return {key: row.value for key, row in next(iter(described.values())).result(_RESULT_LIMIT).items()}

    found = await asyncio.to_thread(change)
    require(found.get("max.message.bytes") == "2000000", f"max.message.bytes is {found.get('max.message.bytes')}")
    require(found.get("retention.ms") == "60000", f"retention.ms was lost: {found.get('retention.ms')}")


@probe("admin_create_partitions")
async def grow(target: Target) -> None:
    """Can a topic get more partitions?"""
    topic = await make_topic(target, "cp", 2)

    def change() -> int:
        client = librdkafka_admin(target)
        for done in client.create_partitions([librdkafka("confluent_kafka.admin").NewPartitions(topic, 5)]).values():
            done.result(_RESULT_LIMIT)
        time.sleep(1)  # on a cluster the news takes a moment
        return len(client.list_topics(topic, timeout=10).topics[topic].partitions)

    count = await asyncio.to_thread(change)
    require(count == 5, f"{count} partitions instead of 5")


@probe("admin_delete_topic_recreate")
async def delete_and_create(target: Target) -> None:
    """Is a topic of the same name new after a deletion?"""
    topic = await make_topic(target, "del")
    await write(target, topic, b"old")
    async with admin(target) as client:
        await client.delete_topics([topic])
    await asyncio.sleep(1)
    await make_topic(target, "del")
    await write(target, topic, b"new")
    found = [(record.offset, record.value) for record in await read(target, topic)]
    require(found == [(0, b"new")], found)


@probe("admin_delete_records")
async def delete_records(target: Target) -> None:
    """Do the records below an offset go?"""
    topic = await make_topic(target, "dr")
    await write(target, topic, *(b"%d" % number for number in range(10)))

    def change() -> int:
        module = librdkafka()
        client = librdkafka_admin(target)  # its futures fail when it is collected
        for done in client.delete_records([module.TopicPartition(topic, 0, 5)]).values():
            done.result(_RESULT_LIMIT)
        reader = module.Consumer({"bootstrap.servers": target.bootstrap, "group.id": target.name("dr")})
        low: int = reader.get_watermark_offsets(module.TopicPartition(topic, 0), timeout=10)[0]
        reader.close()
        return low

    low = await asyncio.to_thread(change)
    offsets = [record.offset for record in await read(target, topic)]
    require(low == 5 and offsets == [5, 6, 7, 8, 9], f"low watermark {low}, read {offsets}")


@probe("admin_describe_cluster")
async def describe_cluster(target: Target) -> str:
    """Does DescribeCluster name the cluster?"""

    def ask() -> str:
        client = librdkafka_admin(target)
        described = client.describe_cluster(request_timeout=8).result(_RESULT_LIMIT)
        return f"{described.cluster_id}, {len(described.nodes)} node(s)"

    return await asyncio.to_thread(ask)


@probe("auto_create_topic")
async def auto_create(target: Target) -> None:
    """Does writing to a topic that is not there create it?"""
    async with producer(target) as client:
        await asyncio.wait_for(client.send_and_wait(target.name("auto"), b"x"), 15)
