"""Faults on demand: what the log was told to do wrong reaches the client, and nothing else does."""

import asyncio
import struct
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from reptidex.devlog import Action, DevLog, Faults, Rule
from tests.integration.devlog.raw import RawClient

API_VERSIONS, HEARTBEAT = 18, 12


async def test_a_request_is_answered_with_the_error_it_was_given(log: DevLog, raw: RawClient) -> None:
    log.faults.add(Rule(Action.ERROR, "HEARTBEAT", code=25))
    raw.send(HEARTBEAT, 0, b"\x00\x01g" + struct.pack(">i", 1) + b"\x00\x01m")

    assert struct.unpack_from(">ih", await raw.answer()) == (1, 25)


async def test_a_connection_is_cut_as_often_as_told(log: DevLog) -> None:
    log.faults.add(Rule(Action.DISCONNECT, "API_VERSIONS", skip=1, count=1))
    closed = []
    for _ in range(3):
        client = await RawClient.connect(log.port)
        client.send(API_VERSIONS, 0)
        try:
            await client.answer()
            closed.append(False)
        except (asyncio.IncompleteReadError, ConnectionError):
            closed.append(True)
        client.close()

    assert closed == [False, True, False]


async def test_a_delay_keeps_the_order_of_answers(log: DevLog, raw: RawClient) -> None:
    log.faults.add(Rule(Action.DELAY, "API_VERSIONS", count=1, seconds=0.2))
    for correlation in (1, 2):
        raw.send(API_VERSIONS, 0, correlation=correlation)
    began = asyncio.get_running_loop().time()
    order = [struct.unpack_from(">i", await raw.answer())[0] for _ in range(2)]

    assert order == [1, 2]
    assert asyncio.get_running_loop().time() - began >= 0.19


async def test_a_dropped_request_is_never_answered(log: DevLog, raw: RawClient) -> None:
    log.faults.add(Rule(Action.DROP, "API_VERSIONS", count=1))
    raw.send(API_VERSIONS, 0)

    with pytest.raises(TimeoutError):
        await raw.answer(within=0.3)


async def test_an_idempotent_producer_survives_lost_answers_without_duplicates(log: DevLog) -> None:
    log.faults.add(Rule(Action.LOSE_ANSWER, "PRODUCE", probability=0.3))
    producer = AIOKafkaProducer(
        bootstrap_servers=log.bootstrap, enable_idempotence=True, retry_backoff_ms=10, client_id="writer"
    )
    await producer.start()
    for number in range(40):
        await producer.send_and_wait("eggs", b"%d" % number, partition=0)
    await producer.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=log.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition("eggs", 0)])
    values = [(await asyncio.wait_for(consumer.getone(), 30)).value for _ in range(40)]
    end = (await consumer.end_offsets([TopicPartition("eggs", 0)])).popitem()[1]
    await consumer.stop()

    assert ("lose_answer", "PRODUCE") in log.faults.struck
    assert (values, end) == ([b"%d" % number for number in range(40)], 40)


def test_the_same_seed_strikes_the_same_requests() -> None:
    chosen = []
    for _ in range(2):
        faults = Faults([Rule(Action.DROP, probability=0.5)], seed=42)
        chosen.append([faults._random.random() < 0.5 for _ in range(20)])

    assert chosen[0] == chosen[1]


def test_rules_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text('{"seed": 3, "rules": [{"action": "delay", "api": "FETCH", "seconds": 2}]}')

    assert Faults.load(path).rules == [Rule(Action.DELAY, "FETCH", seconds=2)]


def test_an_unknown_api_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown API"):
        Faults().add(Rule(Action.DROP, "FETSCH"))
