"""What is said on the log is heard on AWS: the same bytes, in order, once settled committed, and nothing in silence."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiokafka
import msgspec
import pytest

from reptidex.platform.bridge.log_reader import GROUP
from reptidex.platform.bridge.process import wall_clock
from reptidex.settings import Settings
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.letter_office import LetterOffice
from reptidex.testing import eventually
from tests.integration.bridge.clouds import Cloud
from tests.integration.bridge.conftest import Run
from tests.integration.bridge.said import event, key_of, seen

Put = Callable[..., Awaitable[None]]


async def collect(aws: Cloud, url: str, count: int, within: float = 20.0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    async def enough() -> bool:
        found.extend(await aws.receive(url))
        return len(found) >= count

    await eventually(enough, within)
    return found


async def committed(settings: Settings, topic: str) -> int:
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=settings.log, group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    try:
        tps = [aiokafka.TopicPartition(topic, number) for number in range(settings.partitions)]
        consumer.assign(tps)
        return sum([await consumer.committed(tp) or 0 for tp in tps])
    finally:
        await consumer.stop()


async def test_an_event_goes_out_with_its_own_bytes_and_chosen_attributes(aws: Cloud, run: Run, put: Put) -> None:
    url = await aws.subscriber("animal.created")
    raw = event("animal.created")
    await put("animal.created", raw)

    await run("outbound")
    [message] = await collect(aws, url, 1)

    own = seen(raw)
    assert message["Body"].encode().startswith(raw[:-1])
    assert seen(message["Body"]) == own | {"rxorigin": "reptidex", "rxhops": 1}
    assert {name: each["StringValue"] for name, each in message["MessageAttributes"].items()} == {
        "type": "animal.created",
        "source": own["source"],
        "rxorigin": "reptidex",
        "rxhops": "1",
        "traceparent": own["traceparent"],
        "rxorg": own["vivariumid"],
    }


async def test_an_ordered_event_keeps_its_order_in_its_group(aws: Cloud, run: Run, put: Put) -> None:
    url = await aws.subscriber("order.created")
    raws = [event("order.created", key=key_of(number % 2), number=1 + number // 2) for number in range(8)]
    await put("order.created", *raws)

    await run("outbound")
    found = await collect(aws, url, 8)

    for key in (key_of(0), key_of(1)):
        of_key = [each for each in found if each["Attributes"]["MessageGroupId"] == key]
        assert [int(seen(each["Body"])["sequence"]) for each in of_key] == [1, 2, 3, 4]
        assert all(each["Attributes"]["MessageDeduplicationId"] == seen(each["Body"])["id"] for each in of_key)


async def test_offsets_are_committed_up_to_what_is_settled_and_no_further(
    aws: Cloud, run: Run, put: Put, settings: Settings
) -> None:
    await aws.subscriber("animal.created")
    await put("animal.created", *(event("animal.created", key=key_of(number)) for number in range(5)))
    await put("animal.archived", event("animal.archived"))

    bridge = await run("outbound")
    await eventually(lambda: _committed_all(settings, 5))

    assert await committed(settings, "animal.archived") == 0
    assert "animal.archived" in bridge.status()["outbound"]["trouble"]


async def _committed_all(settings: Settings, count: int) -> bool:
    return await committed(settings, "animal.created") >= count


async def test_a_topic_that_is_made_later_gets_what_waited(aws: Cloud, run: Run, put: Put, monkeypatch: Any) -> None:
    monkeypatch.setattr("reptidex.connectors.bridge.outbound.CONFIGURATION_S", 0.2)
    await put("animal.updated", event("animal.updated"))
    bridge = await run("outbound")
    await eventually(lambda: "animal.updated" in bridge.status()["outbound"]["trouble"])

    url = await aws.subscriber("animal.updated")

    assert len(await collect(aws, url, 1, within=30)) == 1


async def test_a_bridge_that_holds_all_it_may_stays_in_its_group_and_says_how_old_it_is(
    aws: Cloud, run: Run, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reptidex.connectors.bridge.outbound.CONFIGURATION_S", 1.0)
    monkeypatch.setattr("reptidex.platform.bridge.log_reader.TOTAL_RECORDS", 20)
    monkeypatch.setattr("reptidex.platform.bridge.log_reader.FETCH_RECORDS", 10)
    consumer, idle = aiokafka.AIOKafkaConsumer, {"max_poll_interval_ms": 1500}  # else five minutes
    monkeypatch.setattr(aiokafka, "AIOKafkaConsumer", lambda **options: consumer(**options, **idle))
    bridge = await run("outbound")
    await put("animal.created", *(event("animal.created", key=key_of(number)) for number in range(100)))

    # A member that leaves lets go of what it holds: the age began anew, and so did the alert that watches it.
    await eventually(lambda: bridge.status()["outbound"]["watermark_age_s"] > 4, 20)
    stands = bridge.status()["outbound"]
    assert (stands["in_flight"], stands["lag_records"] >= 20) == (20, True)
    url = await aws.subscriber("animal.created")

    assert len({seen(each["Body"])["id"] for each in await collect(aws, url, 100)}) == 100


async def test_a_bridge_that_starts_again_goes_on_where_it_stood(aws: Cloud, run: Run, put: Put) -> None:
    url = await aws.subscriber("animal.created")
    await put("animal.created", event("animal.created", key=key_of(1)))
    first = await run("outbound")
    await collect(aws, url, 1)
    await first.stop()
    first.stopped = True  # type: ignore[attr-defined]
    await put("animal.created", event("animal.created", key=key_of(2)))

    await run("outbound")
    found = await collect(aws, url, 1)

    assert [seen(each["Body"])["subject"] for each in found] == [key_of(2)]


@pytest.mark.parametrize(
    ("form", "kind", "size"),
    [
        ("current", "software.amazon.payloadoffloading.PayloadS3Pointer", "ExtendedPayloadSize"),
        ("legacy", "com.amazon.sqs.javamessaging.MessageS3Pointer", "SQSLargePayloadSize"),
    ],
)
async def test_a_large_event_goes_by_s3_with_a_pointer(
    aws: Cloud, run: Run, put: Put, settings: Settings, form: str, kind: str, size: str
) -> None:
    where = {"CreateBucketConfiguration": {"LocationConstraint": settings.aws_region}}
    await aws.call("s3", "create_bucket", Bucket=settings.bridge_bucket, **where)
    url = await aws.subscriber("animal.created")
    raw = event("animal.created", padding="é" * 120_000)
    await put("animal.created", raw)

    await run("outbound", bridge_pointer=form)
    [message] = await collect(aws, url, 1)

    name, place = msgspec.json.decode(message["Body"])
    assert name == kind
    kept = await aws.call("s3", "get_object", Bucket=place["s3BucketName"], Key=place["s3Key"])
    body = kept["Body"].read()
    assert seen(body) == seen(raw) | {"rxorigin": "reptidex", "rxhops": 1}
    assert message["MessageAttributes"][size]["StringValue"] == str(len(body))
    assert message["MessageAttributes"]["dataref"]["StringValue"] == f"s3://{settings.bridge_bucket}/{place['s3Key']}"
    assert len(message["MessageAttributes"]) == 8


async def test_bytes_that_are_no_event_are_kept_with_the_reason_and_hold_nothing_up(
    aws: Cloud, run: Run, put: Put, heard: Any
) -> None:
    url = await aws.subscriber("animal.created")
    await put("animal.created", b"no json", event("animal.updated"), event("animal.created"))

    bridge = await run("outbound")
    await collect(aws, url, 1)
    letters: list[Any] = []

    async def both() -> bool:
        letters[:] = await heard("repti-bridge.deadletters")
        return len(letters) >= 2

    await eventually(both)

    causes = [msgspec.json.decode(each.value)["cause"] for each in letters]
    assert any("no CloudEvent" in cause for cause in causes) and any("animal.updated" in cause for cause in causes)
    assert bridge.status()["lanes_waiting"] == 0


async def test_what_came_from_the_peer_is_not_sent_back_to_it(aws: Cloud, run: Run, put: Put) -> None:
    url = await aws.subscriber("animal.created")
    theirs = event("animal.created", rxorigin="acme", rxhops=1)
    weary = event("animal.created", rxorigin="zoo", rxhops=4)
    ours = event("animal.created", rxorigin="zoo", rxhops=1)
    await put("animal.created", theirs, weary, ours)

    await run("outbound", bridge_peers=("acme",))
    found = await collect(aws, url, 1)

    assert [(seen(each["Body"])["rxorigin"], seen(each["Body"])["rxhops"]) for each in found] == [("zoo", 2)]


async def test_a_poison_event_of_an_ordered_topic_parks_its_key_until_a_person_gives_it_up(
    aws: Cloud, run: Run, put: Put
) -> None:
    url = await aws.subscriber("order.created")
    poison = event("order.created", key=key_of(1), type="order.updated")
    behind = [event("order.created", key=key_of(1), number=number) for number in (2, 3)]
    await put("order.created", poison, *behind, event("order.created", key=key_of(2), number=1))

    bridge = await run("outbound")
    [other] = await collect(aws, url, 1)
    office = LetterOffice(bridge.database, clock=wall_clock)

    async def three() -> list[Any]:
        found = await office.letters(("dead", "parked"))
        return found if len(found) == 3 else []

    letters: list[Any] = await eventually(three)
    await office.discard(letters[0].letter_id)
    found = await collect(aws, url, 2)

    assert seen(other["Body"])["subject"] == key_of(2)
    assert [each.state for each in letters] == ["dead", "parked", "parked"]
    assert [int(seen(each["Body"])["sequence"]) for each in found] == [2, 3]
    await eventually(lambda: bridge.status()["lanes_waiting"] == 0)
    await put("order.created", event("order.created", key=key_of(1), number=4))
    assert len(await collect(aws, url, 1)) == 1


async def test_a_letter_that_is_sent_on_crosses_or_says_why_not(aws: Cloud, run: Run, put: Put) -> None:
    url = await aws.subscriber("animal.created")
    await put("animal.created", b"no json")
    bridge = await run("outbound")
    office = LetterOffice(bridge.database, clock=wall_clock)
    [letter] = await eventually(office.letters)

    await office.redrive(letter.letter_id)

    async def again() -> bool:
        [found] = await office.letters(("failed", "retrying", "unreadable"))
        return found.state == "failed" and found.attempts == 2

    await eventually(again)
    mended = msgspec.structs.replace(letter, state="retrying", due=wall_clock(), value=event("animal.created"))
    session = await bridge.database.session()
    await session.commit([bridge.database.statements(DeadLetterRow).write([mended])])
    await session.close()
    assert len(await collect(aws, url, 1)) == 1

    async def settled() -> bool:
        return await office.letters(("failed", "retrying", "unreadable")) == []

    await eventually(settled)  # a letter is forgotten once it has crossed
