"""What probes are written with. A probe passes on a cloud that does what AWS documents, and raises one of `DIFFERS` on others.

It makes what it needs under fresh names. Waits are conditions with a deadline; what must *not* happen is looked for once
more after something later has arrived by the same way.
"""

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.contract.bridge.conformance.clouds import Cloud

Probe = Callable[[Cloud], None]
PROBES: dict[str, Probe] = {}
WITHIN_S = 6.0
DIFFERS = (AssertionError, ClientError, BotoCoreError, KeyError, ValueError)
"""What a probe raises where a cloud does something else than AWS."""


def probe(function: Probe) -> Probe:
    """Register a probe under its name."""
    PROBES[function.__name__] = function
    return function


def name(suffix: str = "") -> str:
    return f"probe-{secrets.token_hex(5)}{suffix}"


def refused(call: Callable[[], Any]) -> str:
    """Return AWS's word for refusing a call, which it has to."""
    try:
        call()
    except ClientError as problem:
        status = problem.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status < 500, f"it broke: {problem}"
        return str(problem.response["Error"]["Code"])
    raise AssertionError("it was accepted")


def queue(cloud: Cloud, *, fifo: bool = False, **attributes: str) -> tuple[str, str]:
    """Make a queue; return its URL and ARN."""
    given = attributes | ({"FifoQueue": "true"} if fifo else {})
    url = cloud.sqs.create_queue(QueueName=name(".fifo" if fifo else ""), Attributes=given)["QueueUrl"]
    cloud.queues.append(url)
    got = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, got["Attributes"]["QueueArn"]


def topic(cloud: Cloud, *, fifo: bool = False) -> str:
    attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "false"} if fifo else {}
    cloud.topics.append(cloud.sns.create_topic(Name=name(".fifo" if fifo else ""), Attributes=attributes)["TopicArn"])
    return cloud.topics[-1]


def hears(cloud: Cloud, topic_arn: str, url: str, queue_arn: str, **attributes: str) -> None:
    """Let a queue hear a topic, with the policy that AWS asks for."""
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    statement |= {"Resource": queue_arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    given = {"RawMessageDelivery": "true"} | attributes
    cloud.sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, Attributes=given)


def received(cloud: Cloud, url: str, *, keep: bool = False, wait_s: int = 1) -> list[dict[str, Any]]:
    """Receive up to ten messages, waiting a little for the first."""
    everything = ["All"]
    got: list[dict[str, Any]] = cloud.sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        WaitTimeSeconds=wait_s,
        MessageAttributeNames=everything,
        AttributeNames=everything,
    ).get("Messages", [])
    if not keep:
        for each in got:
            cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return got


def until(cloud: Cloud, url: str, body: str) -> list[dict[str, Any]]:
    """Receive until a message of this body has come; return all that came."""
    found: list[dict[str, Any]] = []
    end = time.monotonic() + WITHIN_S
    while not any(each["Body"] == body for each in found):
        assert time.monotonic() < end, f"{body} never came"
        found += received(cloud, url)
    return found


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    return [each["Body"] for each in messages]


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}
