"""What the bridge counts on SNS and SQS to do, asked of every endpoint there is.

`expected_differences.json` says where an emulator does otherwise; a difference that is gone fails the suite, so the file
stays true. Further endpoints: `REPTIDEX_TEST_AWS_ENDPOINTS=name=http://…`; AWS itself: `REPTIDEX_TEST_AWS=1` with
credentials in the environment (it makes and deletes topics and queues whose names begin with `rxtest`).
"""

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reptidex.testing import eventually
from tests.integration.bridge.clouds import CLOUDS, Cloud, cloud

HERE = Path(__file__).parent
DIFFERENCES: dict[str, dict[str, str]] = json.loads((HERE / "expected_differences.json").read_text())
ENDPOINTS = (*CLOUDS, "aws") if os.environ.get("REPTIDEX_TEST_AWS") else CLOUDS

Probe = Callable[["Place"], Awaitable[None]]
PROBES: dict[str, Probe] = {}


def probe(function: Probe) -> Probe:
    """Have a probe asked of every endpoint."""
    PROBES[function.__name__] = function
    return function


class Place:
    """An endpoint, with names that nobody else uses and that are taken away again."""

    def __init__(self, aws: Cloud) -> None:
        self.aws = aws
        self._mark = f"rxtest{uuid.uuid4().hex[:10]}"
        self._made: list[tuple[str, str, dict[str, str]]] = []

    async def queue(self, *, fifo: bool = False, visibility_s: int = 30) -> str:
        url = await self.aws.queue(
            f"{self._mark}-q{len(self._made)}{'.fifo' if fifo else ''}", visibility_s=visibility_s
        )
        self._made.append(("sqs", "delete_queue", {"QueueUrl": url}))
        return url

    async def topic(self, *, fifo: bool = False) -> str:
        attributes = {"FifoTopic": "true"} if fifo else {}
        name = f"{self._mark}-t{len(self._made)}{'.fifo' if fifo else ''}"
        arn = str((await self.aws.call("sns", "create_topic", Name=name, Attributes=attributes))["TopicArn"])
        self._made.append(("sns", "delete_topic", {"TopicArn": arn}))
        return arn

    async def pair(self, *, fifo: bool = False, raw: bool = True) -> tuple[str, str]:
        topic, queue = await self.topic(fifo=fifo), await self.queue(fifo=fifo)
        await self.aws.subscribe(topic, queue, raw=raw)
        return topic, queue

    async def sns(self, operation: str, **parameters: Any) -> Any:
        return await self.aws.call("sns", operation, **parameters)

    async def sqs(self, operation: str, **parameters: Any) -> Any:
        return await self.aws.call("sqs", operation, **parameters)

    async def got(self, url: str, count: int = 1, *, delete: bool = True) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        async def enough() -> bool:
            found.extend(await self.aws.receive(url, delete=delete))
            return len(found) >= count

        await eventually(enough, 15)
        return found

    async def clean(self) -> None:
        for service, operation, parameters in self._made:
            await self.aws.call(service, operation, **parameters)


@pytest.fixture(params=ENDPOINTS)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with cloud(request.param) as aws:
        place = Place(aws)
        try:
            yield place
        finally:
            await place.clean()


async def refused(call: Awaitable[Any], *codes: str) -> None:
    """See that a call is refused, with one of these codes where some are named."""
    try:
        await call
    except ClientError as problem:
        assert not codes or problem.response["Error"]["Code"] in codes, problem
        return
    raise AssertionError("it was accepted")


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def entries(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"Id": str(number), "Message": f"m{number}", **more} for number in range(count)]


@probe
async def a_topic_name_with_a_dot_is_refused(at: Place) -> None:
    await refused(at.sns("create_topic", Name="animal.created"), "InvalidParameter", "InvalidParameterException")


@probe
async def raw_delivery_brings_body_and_attributes(at: Place) -> None:
    topic, queue = await at.pair()
    await at.sns("publish", TopicArn=topic, Message="hello", MessageAttributes={"type": text("a.b")})
    [message] = await at.got(queue)
    assert message["Body"] == "hello" and message["MessageAttributes"]["type"]["StringValue"] == "a.b"


@probe
async def the_envelope_names_its_topic_and_holds_the_attributes(at: Place) -> None:
    topic, queue = await at.pair(raw=False)
    await at.sns("publish", TopicArn=topic, Message="hello", MessageAttributes={"type": text("a.b")})
    [message] = await at.got(queue)
    said = json.loads(message["Body"])
    assert (said["Type"], said["TopicArn"], said["Message"]) == ("Notification", topic, "hello")
    assert said["MessageAttributes"]["type"] == {"Type": "String", "Value": "a.b"}


@probe
async def a_publish_batch_answers_for_each_entry(at: Place) -> None:
    topic, queue = await at.pair()
    answer = await at.sns("publish_batch", TopicArn=topic, PublishBatchRequestEntries=entries(10))
    assert [each["Id"] for each in answer["Successful"]] == [str(number) for number in range(10)]
    assert len(await at.got(queue, 10)) == 10


@probe
async def a_publish_batch_of_eleven_is_refused(at: Place) -> None:
    topic = await at.topic()
    await refused(at.sns("publish_batch", TopicArn=topic, PublishBatchRequestEntries=entries(11)))


@probe
async def a_publish_batch_with_two_entries_of_one_id_is_refused(at: Place) -> None:
    topic = await at.topic()
    same = [{"Id": "0", "Message": "a"}, {"Id": "0", "Message": "b"}]
    await refused(at.sns("publish_batch", TopicArn=topic, PublishBatchRequestEntries=same))


@probe
async def an_empty_publish_batch_is_refused(at: Place) -> None:
    topic = await at.topic()
    await refused(at.sns("publish_batch", TopicArn=topic, PublishBatchRequestEntries=[]))


@probe
async def a_publish_batch_too_large_as_a_sum_is_refused(at: Place) -> None:
    topic = await at.topic()
    large = [{"Id": str(number), "Message": "x" * 60_000} for number in range(5)]
    await refused(at.sns("publish_batch", TopicArn=topic, PublishBatchRequestEntries=large))


@probe
async def a_publish_batch_may_fail_in_part(at: Place) -> None:
    topic = await at.topic()
    mixed = [*entries(1), {"Id": "bad", "Message": "m", "MessageAttributes": {"a": text("")}}]
    answer = await at.sns("publish_batch", TopicArn=topic, PublishBatchRequestEntries=mixed)
    assert [each["Id"] for each in answer["Failed"]] == ["bad"] and answer["Failed"][0]["SenderFault"]


@probe
async def sns_measures_bytes(at: Place) -> None:
    topic = await at.topic()
    await refused(at.sns("publish", TopicArn=topic, Message="é" * 140_000))


@probe
async def raw_delivery_discards_eleven_attributes(at: Place) -> None:
    topic, queue = await at.pair()
    eleven = {f"a{number}": text("x") for number in range(11)}
    await at.sns("publish", TopicArn=topic, Message="eleven", MessageAttributes=eleven)
    await at.sns("publish", TopicArn=topic, Message="none")
    assert [each["Body"] for each in await at.got(queue)] == ["none"]


@probe
async def eleven_attributes_are_refused_by_sqs(at: Place) -> None:
    queue = await at.queue()
    eleven = {f"a{number}": text("x") for number in range(11)}
    await refused(at.sqs("send_message", QueueUrl=queue, MessageBody="m", MessageAttributes=eleven))


@probe
async def an_attribute_name_of_aws_is_refused(at: Place) -> None:
    topic = await at.topic()
    await refused(at.sns("publish", TopicArn=topic, Message="m", MessageAttributes={"AWS.x": text("x")}))


@probe
async def a_control_character_is_refused(at: Place) -> None:
    queue = await at.queue()
    await refused(at.sqs("send_message", QueueUrl=queue, MessageBody="a\x0bb"))


@probe
async def fifo_keeps_the_order_of_a_group_and_its_id(at: Place) -> None:
    topic, queue = await at.pair(fifo=True)
    for number in range(4):
        more = {"MessageGroupId": "g", "MessageDeduplicationId": str(number)}
        await at.sns("publish", TopicArn=topic, Message=str(number), **more)
    found = await at.got(queue, 4)
    assert [each["Body"] for each in found] == ["0", "1", "2", "3"]
    assert {each["Attributes"]["MessageGroupId"] for each in found} == {"g"}


@probe
async def fifo_drops_a_repeat_while_the_first_waits(at: Place) -> None:
    topic, queue = await at.pair(fifo=True)
    for name in ("1", "1", "2"):
        await at.sns("publish", TopicArn=topic, Message=name, MessageGroupId="g", MessageDeduplicationId=name)
    assert [each["Body"] for each in await at.got(queue, 2)] == ["1", "2"]


@probe
async def fifo_remembers_a_deleted_message(at: Place) -> None:
    topic, queue = await at.pair(fifo=True)
    same = {"MessageGroupId": "g", "MessageDeduplicationId": "1"}
    await at.sns("publish", TopicArn=topic, Message="1", **same)
    await at.got(queue)
    await at.sns("publish", TopicArn=topic, Message="1", **same)
    await at.sns("publish", TopicArn=topic, Message="2", MessageGroupId="g", MessageDeduplicationId="2")
    assert [each["Body"] for each in await at.got(queue)] == ["2"]


@probe
async def fifo_holds_a_group_while_one_of_it_is_in_flight_and_no_other(at: Place) -> None:
    queue = await at.queue(fifo=True)
    for number, group in enumerate("ab"):
        more = {"MessageGroupId": group, "MessageDeduplicationId": str(number)}
        await at.sqs("send_message", QueueUrl=queue, MessageBody=group, **more)
    first = await at.got(queue, 2, delete=False)
    more = {"MessageGroupId": "a", "MessageDeduplicationId": "2"}
    await at.sqs("send_message", QueueUrl=queue, MessageBody="a2", **more)
    more = {"MessageGroupId": "c", "MessageDeduplicationId": "3"}
    await at.sqs("send_message", QueueUrl=queue, MessageBody="c", **more)
    assert [each["Body"] for each in await at.got(queue)] == ["c"]
    [of_a] = [each for each in first if each["Body"] == "a"]
    await at.sqs("delete_message", QueueUrl=queue, ReceiptHandle=of_a["ReceiptHandle"])
    assert [each["Body"] for each in await at.got(queue)] == ["a2"]


@probe
async def a_message_shows_again_when_its_time_is_over_and_counts_its_receives(at: Place) -> None:
    queue = await at.queue(visibility_s=1)
    await at.sqs("send_message", QueueUrl=queue, MessageBody="m")
    [first] = await at.got(queue, delete=False)
    [again] = await at.got(queue, delete=False)
    assert first["MessageId"] == again["MessageId"]
    assert int(again["Attributes"]["ApproximateReceiveCount"]) == 2


@probe
async def an_extended_message_stays_hidden(at: Place) -> None:
    queue = await at.queue(visibility_s=1)
    await at.sqs("send_message", QueueUrl=queue, MessageBody="m")
    [message] = await at.got(queue, delete=False)
    entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 30}
    answer = await at.sqs("change_message_visibility_batch", QueueUrl=queue, Entries=[entry])
    assert [each["Id"] for each in answer["Successful"]] == ["0"]
    assert await at.aws.receive(queue, wait_s=2) == []


@probe
async def extending_what_is_not_in_flight_is_refused(at: Place) -> None:
    queue = await at.queue(visibility_s=1)
    await at.sqs("send_message", QueueUrl=queue, MessageBody="m")
    [message] = await at.got(queue, delete=False)
    handle = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
    await at.sqs("change_message_visibility", **handle, VisibilityTimeout=0)
    await refused(at.sqs("change_message_visibility", **handle, VisibilityTimeout=5))


@probe
async def an_old_receipt_handle_deletes_nothing(at: Place) -> None:
    queue = await at.queue(visibility_s=1)
    await at.sqs("send_message", QueueUrl=queue, MessageBody="m")
    [first] = await at.got(queue, delete=False)
    await at.got(queue, delete=False)
    entry = {"Id": "0", "ReceiptHandle": first["ReceiptHandle"]}
    await at.sqs("delete_message_batch", QueueUrl=queue, Entries=[entry])
    assert len(await at.got(queue)) == 1


@probe
async def a_delete_batch_answers_for_each_entry(at: Place) -> None:
    queue = await at.queue()
    await at.sqs("send_message", QueueUrl=queue, MessageBody="m")
    [message] = await at.got(queue, delete=False)
    mixed = [{"Id": "good", "ReceiptHandle": message["ReceiptHandle"]}, {"Id": "bad", "ReceiptHandle": "nonsense"}]
    answer = await at.sqs("delete_message_batch", QueueUrl=queue, Entries=mixed)
    assert [each["Id"] for each in answer["Successful"]] == ["good"]
    assert [each["Id"] for each in answer["Failed"]] == ["bad"]


@probe
async def a_long_poll_wakes_for_a_message(at: Place) -> None:
    queue = await at.queue()
    poll = asyncio.create_task(at.aws.receive(queue, wait_s=10))
    await at.sqs("send_message", QueueUrl=queue, MessageBody="m")
    async with asyncio.timeout(8):
        assert len(await poll) == 1


@probe
async def a_queue_says_its_visibility_timeout(at: Place) -> None:
    queue = await at.queue(visibility_s=7)
    answer = await at.sqs("get_queue_attributes", QueueUrl=queue, AttributeNames=["VisibilityTimeout"])
    assert answer["Attributes"]["VisibilityTimeout"] == "7"


@pytest.mark.parametrize("name", PROBES)
async def test_the_endpoint_does_as_aws_does(place: Place, name: str) -> None:
    why = DIFFERENCES.get(place.aws.name, {}).get(name)
    try:
        await PROBES[name](place)
    except (AssertionError, ClientError):
        if why is None:
            raise
        return
    assert why is None, f"{place.aws.name} no longer differs here ({why}): take it out of expected_differences.json"


def test_every_expected_difference_is_one_of_a_probe() -> None:
    assert {name for each in DIFFERENCES.values() for name in each} <= set(PROBES)
