"""With a bus named, what the log holds goes there instead of to topics, and is settled as it is with topics."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import boto3
import pytest

from reptidex.testing import eventually
from tests.integration.bridge.clouds import Cloud
from tests.integration.bridge.conftest import Run
from tests.integration.bridge.said import event

Put = Callable[..., Awaitable[None]]


@pytest.mark.parametrize("aws", ["moto"], indirect=True)
async def test_events_of_the_log_are_heard_on_a_bus(aws: Cloud, run: Run, put: Put) -> None:
    make: Any = boto3.client
    region = aws.clients["sns"].meta.region_name
    aws.clients["events"] = make(
        "events", endpoint_url=aws.url, region_name=region, aws_access_key_id="test", aws_secret_access_key="test"
    )
    url = await aws.queue("heard")
    arn = f"arn:aws:sqs:{region}:123456789012:heard"
    await aws.call("events", "create_event_bus", Name="platform")
    pattern = json.dumps({"detail-type": ["animal.created"]})
    await aws.call("events", "put_rule", Name="animals", EventBusName="platform", EventPattern=pattern)
    await aws.call("events", "put_targets", Rule="animals", EventBusName="platform", Targets=[{"Id": "1", "Arn": arn}])
    said = [event("animal.created", number=number) for number in range(1, 13)]
    await run("outbound", bridge_bus="platform")
    await put("animal.created", *said)
    heard: list[Any] = []

    async def all_of_them() -> bool:
        heard.extend(json.loads(each["Body"]) for each in await aws.receive(url))
        return len({each["detail"]["id"] for each in heard}) == len(said)

    await eventually(all_of_them)
    assert {each["detail"]["rxorigin"] for each in heard} == {"reptidex"}
    assert {each["detail"]["id"] for each in heard} == {json.loads(each)["id"] for each in said}
