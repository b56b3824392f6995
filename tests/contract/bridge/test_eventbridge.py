"""An EventBridge bus takes what SNS topics take, entry by entry; moto delivers it to a queue by a rule."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from reptidex.connectors.bridge.claim_check import ClaimCheck
from reptidex.connectors.bridge.entries import Entry, fields_of
from reptidex.connectors.bridge.eventbridge import EventBridgePublisher, verdict_of
from reptidex.connectors.bridge.heads import head_of
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import Fate
from reptidex.doubles.aws import Aws
from reptidex.streams.examples import example_documents
from reptidex.testing import eventually

Client = Callable[[str], Any]


def entry(name: str = "animal.created", **more: Any) -> Entry:
    raw = json.dumps(example_documents(name)[0] | more).encode()
    head = head_of(raw)
    fields, size, payload = fields_of(raw, head, own="reptidex", key=head.subject, fifo=False)
    return Entry(
        name=name,
        arn="",
        lane=head.subject,
        fields=fields,
        size=size,
        payload=payload,
        raw=raw,
        settle=lambda: None,
        wanted=lambda: True,
        place=(name, 0, 0),
    )


class Bus:
    """A bus whose events a queue receives."""

    def __init__(self, client: Client, env: str, publisher: EventBridgePublisher) -> None:
        self.client, self.env, self.publisher = client, env, publisher
        self.url = client("sqs").create_queue(QueueName=f"{env}-heard")["QueueUrl"]
        arn = f"arn:aws:sqs:eu-central-1:123456789012:{env}-heard"
        client("events").create_event_bus(Name=env)
        pattern = json.dumps({"detail-type": [{"prefix": "animal."}]})
        client("events").put_rule(Name=f"{env}-animals", EventBusName=env, EventPattern=pattern)
        client("events").put_targets(Rule=f"{env}-animals", EventBusName=env, Targets=[{"Id": "1", "Arn": arn}])

    async def heard(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def some() -> bool:
            got = self.client("sqs").receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            found.extend(json.loads(each["Body"]) for each in got.get("Messages", []))
            return len(found) >= count

        await eventually(lambda: asyncio.to_thread(some))
        return found


@pytest.fixture
async def bus(aws: Aws, client: Client, env: str) -> AsyncIterator[Bus]:
    bucket = f"bucket-{env}"
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    threads = Threads(2, "events")
    publisher = EventBridgePublisher(client("events"), threads, ClaimCheck(client("s3"), bucket), env)
    yield Bus(client, env, publisher)
    threads.close()


async def test_an_event_is_the_detail_and_its_name_the_detail_type(bus: Bus) -> None:
    other = entry("order.created")
    verdicts = await bus.publisher.publish("", [entry(), other])
    [heard] = await bus.heard(1)

    assert [verdict.fate for verdict in verdicts] == [Fate.DONE, Fate.DONE]
    assert (heard["detail-type"], heard["source"]) == ("animal.created", "repti-animal")
    assert heard["detail"]["data"] == example_documents("animal.created")[0]["data"]
    assert heard["detail"]["rxorigin"] == "reptidex"


async def test_a_large_event_refers_to_its_bytes(bus: Bus) -> None:
    large = entry(padding="x" * 220_000)
    payload = large.payload
    [verdict] = await bus.publisher.publish("", [large])
    [heard] = await bus.heard(1)
    bucket, _, key = heard["detail"]["dataref"].removeprefix("s3://").partition("/")
    kept = bus.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()

    assert (verdict.fate, "data" in heard["detail"], kept) == (Fate.DONE, False, payload)


async def test_a_batch_that_is_too_large_is_sent_one_by_one(bus: Bus) -> None:
    batch = [entry(padding="x" * 150_000), entry(padding="x" * 150_000)]

    assert [verdict.fate for verdict in await bus.publisher.publish("", batch)] == [Fate.ALONE] * 2
    assert [verdict.fate for each in batch for verdict in await bus.publisher.publish("", [each])] == [Fate.DONE] * 2


async def test_more_than_ten_are_never_sent(bus: Bus) -> None:
    verdicts = await bus.publisher.publish("", [entry()] * 11)

    assert {verdict.fate for verdict in verdicts} == {Fate.ALONE}


class Failing:
    """A client whose second entry fails."""

    def __init__(self, code: str) -> None:
        self.code = code

    def put_events(self, Entries: Sequence[Any]) -> dict[str, Any]:
        failed = {"ErrorCode": self.code, "ErrorMessage": "no"}
        return {"FailedEntryCount": 1, "Entries": [{"EventId": "1"}, failed][: len(Entries)]}


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        ("ThrottlingException", Fate.SLOWER),
        ("InternalException", Fate.AGAIN),
        ("InternalFailure", Fate.AGAIN),
        ("AccessDeniedException", Fate.WAIT),
        ("MalformedDetail", Fate.NEVER),
    ],
)
async def test_entries_fail_by_themselves(code: str, fate: Fate) -> None:
    threads = Threads(1, "events")
    publisher = EventBridgePublisher(Failing(code), threads, ClaimCheck(None, "none"), "bus")
    verdicts = await publisher.publish("", [entry(), entry(), entry()])
    threads.close()

    assert [verdict.fate for verdict in verdicts] == [Fate.DONE, fate, Fate.AGAIN]


def test_an_answer_without_id_and_error_is_no_success() -> None:
    assert verdict_of({}).fate is Fate.AGAIN
