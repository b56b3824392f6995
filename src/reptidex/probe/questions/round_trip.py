"""What goes in comes out: values, keys, headers, times, for each compression and both clients."""

import asyncio
import os
from typing import Any

from aiokafka.errors import MessageSizeTooLargeError

from reptidex.probe.clients import librdkafka, make_topic, producer, read, read_values
from reptidex.probe.registry import Failed, Skipped, Target, probe, require

CODECS = ("none", "gzip", "lz4", "snappy", "zstd")
_FIRST_MS = 1_700_000_000_000
_COUNT = 200
_LIBRDKAFKA_COUNT = 500


def _value(number: int) -> bytes:
    return (b"v%d" % number) * 5


def _headers(number: int, codec: str) -> list[tuple[str, Any]]:
    own: list[tuple[str, Any]] = [("h", b"%d" % number)]
    return [*own, ("trace", b""), ("nul", None)] if codec == "none" else own


async def _by_aiokafka(target: Target, codec: str) -> None:
    topic = await make_topic(target, f"rt-{codec}", 2)
    try:
        async with producer(target, compression_type=None if codec == "none" else codec, linger_ms=20) as client:
            sent = [
                await client.send(
                    topic,
                    _value(number),
                    b"k%d" % number,
                    number % 2,
                    _FIRST_MS + number,
                    headers=_headers(number, codec),
                )
                for number in range(_COUNT)
            ]
            await client.flush()
            for done in sent:
                await done
    except RuntimeError as error:
        raise Skipped(f"aiokafka: {error}") from error
    found = await read(target, topic, 2)
    require(len(found) == _COUNT, f"read {len(found)} of {_COUNT}")
    for record in found:
        number = int(record.key[1:])
        right = record.value == _value(number) and record.timestamp == _FIRST_MS + number
        require(right and list(record.headers) == _headers(number, codec), record)
    for index in (0, 1):
        offsets = [record.offset for record in found if record.partition == index]
        require(offsets == list(range(_COUNT // 2)), f"offsets {offsets[:5]}")


async def _by_librdkafka(target: Target, codec: str) -> None:
    topic = await make_topic(target, f"rtc-{codec}")

    def exchange() -> None:
        module = librdkafka()
        settings = {"bootstrap.servers": target.bootstrap, "compression.type": codec, "linger.ms": 50}
        writer = module.Producer(settings | {"message.timeout.ms": 10_000})
        errors: list[str] = []
        for number in range(_LIBRDKAFKA_COUNT):
            writer.produce(
                topic,
                _value(number),
                b"k%d" % number,
                headers=[("h", b"%d" % number)],
                on_delivery=lambda error, _: errors.append(str(error)) if error else None,
            )
        left = writer.flush(12)
        require(not errors and not left, f"{left} undelivered, {errors[:1]}")
        reader = module.Consumer({"bootstrap.servers": target.bootstrap, "group.id": topic, "check.crcs": True})
        reader.assign([module.TopicPartition(topic, 0, 0)])
        number = 0
        while number < _LIBRDKAFKA_COUNT:
            message = reader.poll(10)
            require(message is not None and not message.error(), f"after {number}: {message and message.error()}")
            right = message.value() == _value(number) and message.headers() == [("h", b"%d" % number)]
            require(right, f"record {number} is {message.value()!r}")
            number += 1
        reader.close()

    await asyncio.to_thread(exchange)


def _register(codec: str) -> None:
    @probe(f"rt_aiokafka_{codec}")
    async def by_aiokafka(target: Target) -> None:
        await _by_aiokafka(target, codec)

    @probe(f"rt_librdkafka_{codec}")
    async def by_librdkafka(target: Target) -> None:
        await _by_librdkafka(target, codec)


for _codec in CODECS:
    _register(_codec)


@probe("tombstone_nullkey_empty")
async def nulls_and_empties(target: Target) -> None:
    """Are null and empty kept apart, in keys and values?"""
    topic = await make_topic(target, "tomb")
    pairs: list[tuple[bytes | None, bytes | None]] = [(b"k", None), (None, b"v"), (b"", b""), (b"k", b"")]
    async with producer(target) as client:
        for key, value in pairs:
            await client.send_and_wait(topic, value, key, partition=0)
    found = [(record.key, record.value) for record in await read(target, topic)]
    require(found == pairs, found)


@probe("big_message_900k")
async def big_message(target: Target) -> None:
    """Does a record just below the usual limit of 1 MB pass?"""
    topic, value = await make_topic(target, "big"), os.urandom(900_000)
    async with producer(target, max_request_size=2_000_000) as client:
        await client.send_and_wait(topic, value)
    found = await read_values(target, topic, seconds=8)
    require(found == [value], f"{len(found)} records")


@probe("too_big_rejected")
async def too_big_message(target: Target) -> str:
    """Is max.message.bytes enforced?"""
    topic = await make_topic(target, "tbig", 1, {"max.message.bytes": "100000"})
    async with producer(target, max_request_size=5_000_000) as client:
        try:
            await client.send_and_wait(topic, os.urandom(1_500_000))
        except MessageSizeTooLargeError:
            return "MESSAGE_TOO_LARGE"
    raise Failed("1.5 MB were taken by a topic with max.message.bytes=100000")
