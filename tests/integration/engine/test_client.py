"""aiokafka as workers and the bridge use it: on uvloop, with a broker that resets connections, and tasks that end."""

import asyncio
import socket
import struct
from pathlib import Path
from typing import Any

import aiokafka
import pytest
import uvloop
from aiokafka import conn
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaConnectionError, KafkaError

from reptidex.agents.engine.driver.client import Connection, check_tasks, mend
from reptidex.devlog import DevLog, Options
from reptidex.devlog.server.faults import Action, Rule
from reptidex.testing import eventually

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: the connection is not closed but reset, as when a process is killed with requests unread."""


def reset_all(log: DevLog) -> None:
    """Reset all connections of a log."""
    for open_one in list(log._gate._open):
        transport: Any = open_one._transport  # type: ignore[attr-defined]
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()


async def metadata_after_a_reset(folder: Path) -> None:
    async with DevLog(Options(data_dir=folder)) as log:
        client = AIOKafkaClient(bootstrap_servers=log.bootstrap)
        await client.bootstrap()
        try:
            [node] = [broker.nodeId for broker in client.cluster.brokers()]
            assert await client.ready(node)
            transport = client._conns[node, 0]._writer.transport
            log.faults.add(Rule(action=Action.DROP, api="FIND_COORDINATOR"))
            unanswered = asyncio.create_task(client.coordinator_lookup(CoordinationType.GROUP, "anybody"))
            await eventually(lambda: log.faults.struck)
            reset_all(log)
            async with asyncio.timeout(30):
                while not transport.is_closing():
                    await asyncio.sleep(0)
                # Now, not a turn of the loop later: the reading task does not know yet that the connection is gone.
                assert await client.force_metadata_update()
                with pytest.raises(KafkaConnectionError):
                    await unanswered
            assert not client._sync_task.done()
        finally:
            await client.close()


def test_metadata_are_read_while_a_connection_is_being_reset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conn, "AIOKafkaConnection", conn.AIOKafkaConnection)
    mend()
    assert conn.AIOKafkaConnection is Connection
    uvloop.run(metadata_after_a_reset(tmp_path))


ENDED = ["_fetcher._fetch_task", "_client._sync_task", "_coordinator._coordination_task", "_sender._sender_task"]


@pytest.mark.parametrize("ended", ENDED)
async def test_a_task_of_the_client_that_has_ended_is_told(log: DevLog, ended: str) -> None:
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=log.bootstrap, group_id="anybody")
    consumer.subscribe(["anything"])
    await consumer.start()
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=log.bootstrap)
    await producer.start()
    try:
        check_tasks(consumer, producer)
        part, name = ended.split(".")
        task = getattr(getattr(consumer if hasattr(consumer, part) else producer, part), name)
        task.cancel()
        await asyncio.wait([task])
        with pytest.raises(KafkaError, match="have ended"):
            check_tasks(consumer, producer)
    finally:
        # They do not stop well any more: only their connections matter.
        for client in (producer.client, consumer._client):
            await client.close()
        for left in asyncio.all_tasks() - {asyncio.current_task()}:
            if any(name in repr(left) for name in ("GroupCoordinator", "Fetcher", "Sender")):
                left.cancel()
