"""One client cannot take the log down: connections, requests, bytes and partitions are bounded."""

import asyncio
import dataclasses
import struct
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from reptidex.devlog import DevLog, Limits, Options
from tests.integration.devlog.raw import RawClient

API_VERSIONS = 18


def limited(path: Path, reports: list[str], **limits: int) -> DevLog:
    """Return a log with small limits."""
    options = Options(data_dir=path / "log", free_floor=0, limits=dataclasses.replace(Limits(), **limits))
    return DevLog(options, report=reports.append)


async def test_connections_beyond_the_limit_are_closed(tmp_path: Path, reports: list[str]) -> None:
    async with limited(tmp_path, reports, connections=2) as log:
        kept = [await RawClient.connect(log.port) for _ in range(2)]
        for client in kept:
            client.send(API_VERSIONS, 0)
            await client.answer()
        extra = await RawClient.connect(log.port)

        assert await extra.closed()
        assert any("refused: 2 are open" in line for line in reports)
        for client in [*kept, extra]:
            client.close()


async def test_a_request_larger_than_the_limit_is_refused_unread(tmp_path: Path, reports: list[str]) -> None:
    async with limited(tmp_path, reports, request_bytes=1000) as log:
        client = await RawClient.connect(log.port)
        client.send_bytes(struct.pack(">i", 1001))

        assert await client.closed()
        client.close()


async def test_many_requests_at_once_are_all_answered_in_turn(tmp_path: Path, reports: list[str]) -> None:
    async with limited(tmp_path, reports, requests_per_connection=2, inflight_bytes=100) as log:
        clients = [await RawClient.connect(log.port) for _ in range(3)]
        for client in clients:
            for correlation in range(200):
                client.send(API_VERSIONS, 0, correlation=correlation)
        answers = await asyncio.gather(*(client.answer() for client in clients for _ in range(1)))
        for client in clients:
            for _ in range(199):
                answers.append(await client.answer())
            client.close()

        assert len(answers) == 600


@pytest.mark.parametrize(("count", "code"), [(5, 0), (6, 37), (0, 37)])
async def test_topics_have_no_more_partitions_than_allowed(
    tmp_path: Path, reports: list[str], count: int, code: int
) -> None:
    async with limited(tmp_path, reports, partitions=8, partitions_per_topic=5) as log:
        admin = AIOKafkaAdminClient(bootstrap_servers=log.bootstrap)
        await admin.start()
        answer = await admin.create_topics([NewTopic("eggs", count or 5, 1), *_more(count)])
        await admin.close()

        assert answer.topic_errors[-1][1] == code


def _more(count: int) -> list[NewTopic]:
    """Return a second topic that would exceed the total, when asked for by a count of zero."""
    return [] if count else [NewTopic("more", 4, 1)]
