"""AWS as a test finds it: an emulator or the double that fails, with topics and queues made through plain boto3."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import aiohttp
import boto3

from reptidex.connectors.bridge.names import is_fifo, queue_name, sns_name
from reptidex.doubles.aws import REGION, aws_server
from reptidex.doubles.aws_faults.server import FaultyAws
from reptidex.doubles.web import served

ENV = "test"
FURTHER = dict(
    each.split("=", 1) for each in os.environ.get("REPTIDEX_TEST_AWS_ENDPOINTS", "").split(",") if "=" in each
)
"""Emulators that run already: `REPTIDEX_TEST_AWS_ENDPOINTS=ministack=http://127.0.0.1:4566`."""
CLOUDS = ("moto", "faulty", *FURTHER)


class Cloud:
    """Clients of one endpoint (AWS itself where the URL is empty), and what a test makes there."""

    def __init__(self, name: str, url: str, double: FaultyAws | None = None) -> None:
        self.name, self.url, self.double = name, url, double
        secret = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if url else {}
        self.clients = {
            service: boto3.client(service, endpoint_url=url or None, region_name=REGION, **secret)  # type: ignore[call-overload]
            for service in ("sns", "sqs", "s3")
        }

    async def call(self, service: str, operation: str, **parameters: Any) -> Any:
        """Call an operation in a thread. Raises what boto3 raises."""
        work: Callable[[], Any] = partial(getattr(self.clients[service], operation), **parameters)
        return await asyncio.to_thread(work)

    async def queue(self, name: str, *, visibility_s: int = 30) -> str:
        """Make a queue and return its URL."""
        attributes = {"VisibilityTimeout": str(visibility_s)} | (
            {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        )
        answer = await self.call("sqs", "create_queue", QueueName=name, Attributes=attributes)
        return str(answer["QueueUrl"])

    async def topic(self, event: str, *, env: str = ENV) -> str:
        """Make the topic of an event and return its ARN."""
        fifo = is_fifo(event)
        attributes = {"FifoTopic": "true"} if fifo else {}
        name = sns_name(event, env, fifo=fifo)
        return str((await self.call("sns", "create_topic", Name=name, Attributes=attributes))["TopicArn"])

    async def subscriber(self, event: str, *, raw: bool = True, visibility_s: int = 30) -> str:
        """Make the topic of an event and a queue that hears it; return the queue's URL."""
        arn = await self.topic(event)
        url = await self.queue(queue_name("acme", event, ENV, fifo=is_fifo(event)), visibility_s=visibility_s)
        await self.subscribe(arn, url, raw=raw)
        return url

    async def subscribe(self, topic_arn: str, queue_url: str, *, raw: bool) -> None:
        """Subscribe a queue to a topic."""
        ask: dict[str, Any] = {"QueueUrl": queue_url, "AttributeNames": ["QueueArn"]}
        queue_arn = (await self.call("sqs", "get_queue_attributes", **ask))["Attributes"]["QueueArn"]
        attributes = {"RawMessageDelivery": "true" if raw else "false"}
        await self.call(
            "sns", "subscribe", TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes
        )

    async def receive(self, url: str, *, delete: bool = True, wait_s: int = 1) -> list[dict[str, Any]]:
        """Receive up to ten messages."""
        everything = ["All"]
        answer = await self.call(
            "sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_s,
            MessageAttributeNames=everything, AttributeNames=everything,
        )  # fmt: skip
        found: list[dict[str, Any]] = answer.get("Messages", [])
        if delete:
            for each in found:
                await self.call("sqs", "delete_message", QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return found

    async def waiting(self, url: str) -> int:
        """Return how many messages a queue holds, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = await self.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)


@contextlib.asynccontextmanager
async def cloud(name: str) -> AsyncIterator[Cloud]:
    """Run an emulator while the context is open."""
    if name in FURTHER:
        found = Cloud(name, FURTHER[name])
        await asyncio.to_thread(_empty, found.clients)
        yield found
    elif name == "aws":
        yield Cloud(name, "")
    elif name == "faulty":
        double = FaultyAws()
        async with served(double.app) as url:
            yield Cloud(name, url, double)
    else:
        server = aws_server()
        aws = await asyncio.to_thread(server.__enter__)
        try:
            await _reset(aws.url)
            yield Cloud(name, aws.url)
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)


def _empty(clients: dict[str, Any]) -> None:
    """Take away what an earlier test has left in an emulator that runs on."""
    for url in clients["sqs"].list_queues().get("QueueUrls", []):
        clients["sqs"].delete_queue(QueueUrl=url)
    for topic in clients["sns"].list_topics()["Topics"]:
        clients["sns"].delete_topic(TopicArn=topic["TopicArn"])
    for bucket in clients["s3"].list_buckets()["Buckets"]:
        for each in clients["s3"].list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            clients["s3"].delete_object(Bucket=bucket["Name"], Key=each["Key"])
        clients["s3"].delete_bucket(Bucket=bucket["Name"])


async def _reset(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{url}/moto-api/reset") as answer:
        assert answer.status == 200
