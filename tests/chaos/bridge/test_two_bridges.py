"""Two bridges of one database share queues and topics, and one of them stands still for longer than it may."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reptidex.settings import BRIDGE
from tests.chaos.bridge.arena import FAULTS, Arena
from tests.chaos.engine.postgres import Cluster, running_cluster

STILL_S = 7.0
"""Longer than the queues hide a message (5 s), and than the log waits for a member of the group."""


@pytest.fixture
async def arena(tmp_path: Path) -> AsyncIterator[Arena]:
    cluster: Cluster
    for cluster in running_cluster(passwords=True):
        arena = Arena(tmp_path, 2000, 100, database=cluster.of_services(BRIDGE)[BRIDGE])
        try:
            await arena.open()
            yield arena
        finally:
            await arena.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_what_one_holds_while_it_stands_still_crosses_by_the_other_once_and_in_order(arena: Arena) -> None:
    arena.control(**FAULTS)
    arena.start_bridge()
    other = arena.start_another()
    feeding = asyncio.gather(arena.say(), arena.hand_in())
    for _ in range(2):
        await asyncio.sleep(3.0)  # both are at work for a while; when one stands still is to hit on anything
        other.send_signal(signal.SIGSTOP)
        await asyncio.sleep(STILL_S)
        other.send_signal(signal.SIGCONT)
    await feeding
    await arena.all_across()
    await arena.drained()

    assert other.poll() is None, "to have stood still is no reason to end"
    other.terminate()
    assert [await asyncio.to_thread(other.wait, 30), await arena.stop_bridge()] == [0, 0]
    await arena.check_out()
    await arena.check_in()
    assert await arena.letters() == []
