"""Nonsense on the wire ends the connection that sent it, with a line in the report, and nothing else."""

import asyncio
import random
import struct

import pytest

from reptidex.devlog import DevLog
from reptidex.devlog.protocol.apis import VERSIONS, Api
from tests.integration.devlog.raw import RawClient

API_VERSIONS, METADATA, FETCH, PRODUCE, INIT_PRODUCER_ID = 18, 3, 1, 0, 22


async def answers(log: DevLog) -> bool:
    """Tell whether a new connection is served."""
    client = await RawClient.connect(log.port)
    client.send(API_VERSIONS, 0)
    answer = await client.answer()
    client.close()
    return struct.unpack_from(">ih", answer) == (1, 0)


@pytest.mark.parametrize("size", [-1, 0, 7, 1 << 30])
async def test_an_impossible_size_closes_the_connection(
    log: DevLog, raw: RawClient, reports: list[str], size: int
) -> None:
    raw.send_bytes(struct.pack(">i", size) + b"garbage")

    assert await raw.closed()
    assert any("closing connection" in line for line in reports)
    assert await answers(log)


async def test_an_unsupported_request_closes_the_connection(log: DevLog, raw: RawClient) -> None:
    raw.send(68, 0)

    assert await raw.closed()
    assert await answers(log)


@pytest.mark.parametrize("api", [FETCH, PRODUCE, METADATA])
async def test_an_array_longer_than_the_request_closes_the_connection(log: DevLog, raw: RawClient, api: int) -> None:
    raw.send(api, 4, b"\x7f" * 64)

    assert await raw.closed()
    assert await answers(log)


async def test_random_bytes_for_every_request_never_stop_the_broker(log: DevLog) -> None:
    chance = random.Random(1)
    for api in Api:
        for version in range(VERSIONS[api][0], VERSIONS[api][1] + 1):
            client = await RawClient.connect(log.port)
            client.send(api, version, chance.randbytes(chance.randrange(80)))
            client.close()

    assert await answers(log)


async def test_a_version_of_the_future_is_told_what_is_understood(raw: RawClient) -> None:
    raw.send(API_VERSIONS, 99, b"\x01\x02\x03")
    answer = await raw.answer()
    error, count = struct.unpack_from(">hi", answer, 4)

    assert (error, count) == (35, len(VERSIONS))


async def test_unknown_tagged_fields_are_skipped(raw: RawClient) -> None:
    unknown = b"\x01\x2a\x03abc"
    raw.send(INIT_PRODUCER_ID, 2, b"\x00" + struct.pack(">i", 1000) + unknown, header_tags=unknown)
    answer = await raw.answer()
    producer_id = struct.unpack_from(">q", answer, 11)[0]

    assert struct.unpack_from(">h", answer, 9) == (0,)
    assert producer_id >= 1000


async def test_answers_keep_the_order_of_their_requests(raw: RawClient) -> None:
    for correlation in range(50):
        raw.send(API_VERSIONS, 0, correlation=correlation)
    got = [struct.unpack_from(">i", await raw.answer())[0] for _ in range(50)]

    assert got == list(range(50))


async def test_a_request_may_arrive_byte_by_byte(raw: RawClient) -> None:
    frame = struct.pack(">hhih", API_VERSIONS, 0, 9, -1)
    for byte in struct.pack(">i", len(frame)) + frame:
        raw.send_bytes(bytes([byte]))
        await asyncio.sleep(0)

    assert struct.unpack_from(">i", await raw.answer()) == (9,)
