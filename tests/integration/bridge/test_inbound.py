"""What is said on AWS is heard on the log: once, in the order of its group, and what is refused is kept with the reason."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from reptidex.connectors.bridge.names import queue_name
from reptidex.errors import UnavailableError
from reptidex.platform.bridge.process import Bridge, wall_clock
from reptidex.settings import BRIDGE
from reptidex.tables.letter_office import LetterOffice
from reptidex.testing import eventually
from tests.integration.bridge.clouds import ENV, Cloud
from tests.integration.bridge.conftest import Run
from tests.integration.bridge.said import event, key_of, seen

Heard = Callable[[str], Awaitable[list[Any]]]


async def queues(aws: Cloud, *, visibility_s: int = 30) -> tuple[str, str]:
    """Make the bridge's two queues."""
    standard = await aws.queue(queue_name(BRIDGE, "inbound", ENV, fifo=False), visibility_s=visibility_s)
    return standard, await aws.queue(queue_name(BRIDGE, "inbound", ENV, fifo=True), visibility_s=visibility_s)


async def send(aws: Cloud, url: str, raw: bytes, **more: Any) -> None:
    await aws.call("sqs", "send_message", QueueUrl=url, MessageBody=raw.decode(), **more)


async def send_fifo(aws: Cloud, url: str, raw: bytes, group: str, dedup: str = "") -> None:
    name = dedup or seen(raw)["id"]
    await send(aws, url, raw, MessageGroupId=group, MessageDeduplicationId=name)


async def until(heard: Heard, topic: str, count: int, within: float = 20.0) -> list[Any]:
    found: list[Any] = []

    async def enough() -> bool:
        found[:] = await heard(topic)
        return len(found) >= count

    await eventually(enough, within, every=0.1)
    return found


async def letters(bridge: Bridge, count: int) -> list[Any]:
    office = LetterOffice(bridge.database, clock=wall_clock)

    async def there() -> list[Any]:
        found = await office.letters(("dead", "failed", "unreadable", "parked"))
        return found if len(found) >= count else []

    found: list[Any] = await eventually(there)
    return found


async def empty(aws: Cloud, *urls: str) -> None:
    async def gone() -> bool:
        return not any([await aws.waiting(url) for url in urls])

    await eventually(gone)


async def test_an_event_comes_in_with_its_own_bytes_under_its_key(aws: Cloud, run: Run, heard: Heard) -> None:
    standard, _ = await queues(aws)
    raw = event("animal.created")
    await send(aws, standard, raw)

    await run("inbound")
    [record] = await until(heard, "animal.created", 1)

    assert record.value.startswith(raw[:-1])
    assert seen(record.value) == seen(raw) | {"rxorigin": "outside", "rxhops": 1}
    assert record.key.decode() == seen(raw)["subject"]
    headers = dict(record.headers)
    assert headers["ce_id"].decode() == seen(raw)["id"]
    assert headers["traceparent"].decode() == seen(raw)["traceparent"]
    await empty(aws, standard)


async def test_sns_envelope_and_raw_delivery_say_the_same(aws: Cloud, run: Run, heard: Heard) -> None:
    standard, _ = await queues(aws)
    for name, raw in (("animal.created", True), ("animal.updated", False)):
        arn = await aws.topic(name)
        await aws.subscribe(arn, standard, raw=raw)
        attributes = {"rxorigin": {"DataType": "String", "StringValue": "acme"}}
        body = event(name).decode()
        await aws.call("sns", "publish", TopicArn=arn, Message=body, MessageAttributes=attributes)

    await run("inbound")

    for name in ("animal.created", "animal.updated"):
        [record] = await until(heard, name, 1)
        assert seen(record.value)["rxorigin"] == "acme"


async def test_a_group_keeps_its_order_on_the_log(aws: Cloud, run: Run, heard: Heard) -> None:
    _, fifo = await queues(aws)
    for number in range(12):
        raw = event("order.created", key=key_of(number % 3), number=1 + number // 3)
        await send_fifo(aws, fifo, raw, key_of(number % 3))

    await run("inbound")
    records = await until(heard, "order.created", 12)

    for key in range(3):
        of_key = [seen(each.value) for each in records if each.key.decode() == key_of(key)]
        assert [int(each["sequence"]) for each in of_key] == [1, 2, 3, 4]
    await empty(aws, fifo)


async def test_a_repeat_is_dropped_also_after_a_restart(aws: Cloud, run: Run, heard: Heard) -> None:
    standard, _ = await queues(aws)
    raw = event("animal.created")
    await send(aws, standard, raw)
    first = await run("inbound")
    await until(heard, "animal.created", 1)
    await send(aws, standard, raw)
    await empty(aws, standard)
    await first.stop()
    first.stopped = True  # type: ignore[attr-defined]
    await send(aws, standard, raw)
    await send(aws, standard, event("animal.updated"))

    second = await run("inbound")
    await until(heard, "animal.updated", 1)
    await empty(aws, standard)

    assert len(await heard("animal.created")) == 1
    assert second.status()["counted"]["inbound repeat"] == 1


async def test_what_is_ours_does_not_come_back(aws: Cloud, run: Run, heard: Heard, put: Any) -> None:
    standard, _ = await queues(aws)
    await aws.subscribe(await aws.topic("animal.created"), standard, raw=True)
    await put("animal.created", event("animal.created"))

    bridge = await run("outbound", "inbound")
    await eventually(lambda: bridge.status()["counted"].get("inbound dropped") == 1)
    await empty(aws, standard)

    assert len(await heard("animal.created")) == 1


async def test_what_is_no_event_of_ours_is_refused_and_kept(aws: Cloud, run: Run, heard: Heard) -> None:
    standard, _ = await queues(aws)
    broken = msgspec.json.decode(event("animal.created"))
    del broken["data"]["code"]
    bodies = {
        "no CloudEvent": b"hello",
        "maximum recursion depth": b'{"a":' + b"[" * 100_000,
        "no contract is named": event("animal.created", type="animal.vanished"),
        "REPTIDEX_BRIDGE_INBOUND": event("file.uploaded"),
        "source is": event("animal.created", source="/somebody"),
        "code": msgspec.json.encode(broken),
        "length <= 12": event("animal.created", sequence="9" * 13),
        "up to 12 digits": event("animal.created", sequence="newest"),
        "nothing is taken from the topic": msgspec.json.encode(
            {"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-central-1:666:x", "Message": "{}"}
        ),
        "from which nothing may be read": b'["software.amazon.payloadoffloading.PayloadS3Pointer",'
        b'{"s3BucketName":"secrets","s3Key":"a"}]',
    }
    for body in bodies.values():
        await send(aws, standard, body)
    await send(aws, standard, event("animal.updated"))

    bridge = await run("inbound")
    found = await letters(bridge, len(bodies))
    await until(heard, "animal.updated", 1)
    await empty(aws, standard)

    for reason, body in bodies.items():
        [letter] = [each for each in found if each.value == body]
        assert reason in letter.cause and letter.state == "unreadable"
    assert bridge.status()["lanes_waiting"] == 0


async def test_a_poison_message_parks_its_group_and_a_person_lets_it_go_on(aws: Cloud, run: Run, heard: Heard) -> None:
    _, fifo = await queues(aws)
    poison = event("order.created", key=key_of(1), number=1, source="/somebody")
    await send_fifo(aws, fifo, poison, key_of(1))
    for number in (2, 3):
        await send_fifo(aws, fifo, event("order.created", key=key_of(1), number=number), key_of(1))
    await send_fifo(aws, fifo, event("order.created", key=key_of(2), number=1), key_of(2))

    bridge = await run("inbound")
    found = await letters(bridge, 3)
    [other] = await until(heard, "order.created", 1)
    await empty(aws, fifo)

    assert [each.state for each in found] == ["dead", "parked", "parked"]
    assert other.key.decode() == key_of(2)
    await LetterOffice(bridge.database, clock=wall_clock).discard(found[0].letter_id)
    records = await until(heard, "order.created", 3)
    assert [int(seen(each.value)["sequence"]) for each in records if each.key.decode() == key_of(1)] == [2, 3]
    await eventually(lambda: bridge.status()["lanes_waiting"] == 0)
    await send_fifo(aws, fifo, event("order.created", key=key_of(1), number=4), key_of(1))
    await until(heard, "order.created", 4)


async def test_a_large_event_is_read_from_s3_by_either_pointer(
    aws: Cloud, run: Run, heard: Heard, settings: Any
) -> None:
    standard, _ = await queues(aws)
    where = {"CreateBucketConfiguration": {"LocationConstraint": settings.aws_region}}
    await aws.call("s3", "create_bucket", Bucket=settings.bridge_bucket, **where)
    classes = {
        "a": "software.amazon.payloadoffloading.PayloadS3Pointer",
        "b": "com.amazon.sqs.javamessaging.MessageS3Pointer",
    }
    for key, name in classes.items():
        raw = event("animal.created", padding="é" * 200_000)
        await aws.call("s3", "put_object", Bucket=settings.bridge_bucket, Key=key, Body=raw)
        place = {"s3BucketName": settings.bridge_bucket, "s3Key": key}
        await send(aws, standard, msgspec.json.encode([name, place]))

    await run("inbound")
    records = await until(heard, "animal.created", 2)

    assert all(seen(each.value)["padding"] == "é" * 200_000 for each in records)
    await empty(aws, standard)


async def test_a_slow_log_neither_shows_a_message_twice_nor_loses_it(
    aws: Cloud, run: Run, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    standard, _ = await queues(aws, visibility_s=4)
    bridge = await run("inbound")
    go_on = asyncio.Event()
    whole = bridge._log.put

    async def slow(records: Any) -> Any:
        await go_on.wait()
        return await whole(records)

    monkeypatch.setattr(bridge._log, "put", slow)
    for number in range(10):
        await send(aws, standard, event("animal.created", key=key_of(number)))
    hidden = bridge.metrics.registry.get_sample_value
    extended = ("reptidex_bridge_heartbeats_total", {"outcome": "extended"})
    await eventually(lambda: (hidden(*extended) or 0) >= 30, 60)
    go_on.set()

    await until(heard, "animal.created", 10)
    await empty(aws, standard)
    assert len(await heard("animal.created")) == 10
    assert bridge.status()["inbound"]["queues"]["test-repti_-bridge-inbound"]["handles_swapped"] == 0


async def test_a_message_is_not_deleted_before_the_log_has_it(
    aws: Cloud, run: Run, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    standard, _ = await queues(aws, visibility_s=5)
    bridge = await run("inbound")
    refused: list[Any] = []

    async def away(records: Any) -> list[Exception]:
        refused.extend(records)
        return [UnavailableError("the log") for _ in records]

    monkeypatch.setattr(bridge._log, "put", away)
    await send(aws, standard, event("animal.created"))
    await eventually(lambda: len(refused) > 0)
    assert await aws.waiting(standard) == 1

    monkeypatch.undo()
    await until(heard, "animal.created", 1, within=30)
    await empty(aws, standard)
