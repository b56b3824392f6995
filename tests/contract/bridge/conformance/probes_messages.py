"""What SNS and SQS take: names, attributes, sizes, batches, and what arrives of them."""

import json
import time
from typing import Any

from tests.contract.bridge.conformance.asking import (
    WITHIN_S,
    bodies,
    hears,
    probe,
    queue,
    received,
    refused,
    text,
    topic,
    until,
)
from tests.contract.bridge.conformance.clouds import Cloud


@probe
def a_topic_name_with_a_dot_is_refused(cloud: Cloud) -> None:
    refused(lambda: cloud.sns.create_topic(Name="animal.created"))


@probe
def a_topic_name_of_257_characters_is_refused(cloud: Cloud) -> None:
    refused(lambda: cloud.sns.create_topic(Name="a" * 257))


@probe
def a_queue_name_of_81_characters_is_refused(cloud: Cloud) -> None:
    refused(lambda: cloud.sqs.create_queue(QueueName="a" * 81))


@probe
def raw_delivery_carries_body_and_attributes(cloud: Cloud) -> None:
    arn, (url, queue_arn) = topic(cloud), queue(cloud)
    hears(cloud, arn, url, queue_arn)
    cloud.sns.publish(TopicArn=arn, Message="ä", MessageAttributes={"type": text("animal.created")})
    [found] = until(cloud, url, "ä")

    assert found["MessageAttributes"]["type"]["StringValue"] == "animal.created"


@probe
def without_raw_delivery_there_is_an_envelope(cloud: Cloud) -> None:
    arn, (url, queue_arn) = topic(cloud), queue(cloud)
    hears(cloud, arn, url, queue_arn, RawMessageDelivery="false")
    cloud.sns.publish(TopicArn=arn, Message="x", MessageAttributes={"type": text("animal.created")})
    envelope = json.loads(_first(cloud, url)["Body"])

    assert (envelope["Type"], envelope["Message"], envelope["TopicArn"]) == ("Notification", "x", arn)
    assert envelope["MessageAttributes"]["type"] == {"Type": "String", "Value": "animal.created"}


def _first(cloud: Cloud, url: str) -> dict[str, Any]:
    end = time.monotonic() + WITHIN_S
    while True:
        for each in received(cloud, url):
            return each
        assert time.monotonic() < end, "nothing came"


@probe
def a_binary_attribute_survives_raw_delivery(cloud: Cloud) -> None:
    arn, (url, queue_arn) = topic(cloud), queue(cloud)
    hears(cloud, arn, url, queue_arn)
    binary = {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
    cloud.sns.publish(TopicArn=arn, Message="x", MessageAttributes={"b": binary})

    assert _first(cloud, url)["MessageAttributes"]["b"]["BinaryValue"] == b"\x00\xff"


@probe
def an_eleventh_attribute_makes_raw_delivery_discard_the_message(cloud: Cloud) -> None:
    arn, (url, queue_arn) = topic(cloud), queue(cloud)
    hears(cloud, arn, url, queue_arn)
    cloud.sns.publish(TopicArn=arn, Message="many", MessageAttributes={f"a{n}": text("x") for n in range(11)})
    cloud.sns.publish(TopicArn=arn, Message="one")

    assert bodies(until(cloud, url, "one")) == ["one"]


@probe
def a_queue_refuses_an_eleventh_attribute(cloud: Cloud) -> None:
    url, _ = queue(cloud)
    refused(
        lambda: cloud.sqs.send_message(
            QueueUrl=url, MessageBody="x", MessageAttributes={f"a{n}": text("x") for n in range(11)}
        )
    )


@probe
def an_attribute_name_with_two_dots_in_a_row_is_refused(cloud: Cloud) -> None:
    arn = topic(cloud)
    refused(lambda: cloud.sns.publish(TopicArn=arn, Message="x", MessageAttributes={"a..b": text("x")}))


@probe
def an_attribute_name_that_aws_keeps_for_itself_is_refused(cloud: Cloud) -> None:
    arn = topic(cloud)
    refused(lambda: cloud.sns.publish(TopicArn=arn, Message="x", MessageAttributes={"AWS.x": text("x")}))


@probe
def an_empty_attribute_value_is_refused(cloud: Cloud) -> None:
    arn = topic(cloud)
    refused(lambda: cloud.sns.publish(TopicArn=arn, Message="x", MessageAttributes={"a": text("")}))


@probe
def sns_counts_bytes_not_characters(cloud: Cloud) -> None:
    arn = topic(cloud)
    cloud.sns.publish(TopicArn=arn, Message="x" * 262_144)
    refused(lambda: cloud.sns.publish(TopicArn=arn, Message="ä" * 140_000))


@probe
def sns_counts_attributes_too(cloud: Cloud) -> None:
    arn = topic(cloud)
    refused(lambda: cloud.sns.publish(TopicArn=arn, Message="x" * 262_140, MessageAttributes={"a": text("xxxx")}))


@probe
def a_queue_takes_a_mebibyte_and_no_more(cloud: Cloud) -> None:
    url, _ = queue(cloud)
    cloud.sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_576)
    refused(lambda: cloud.sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_577))


@probe
def a_control_character_is_refused_by_a_queue(cloud: Cloud) -> None:
    url, _ = queue(cloud)
    refused(lambda: cloud.sqs.send_message(QueueUrl=url, MessageBody="a\x01b"))


def _entries(*ids: str, body: str = "x") -> list[dict[str, str]]:
    return [{"Id": each, "Message": body} for each in ids]


@probe
def a_batch_is_answered_entry_by_entry(cloud: Cloud) -> None:
    arn = topic(cloud)
    answer = cloud.sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=_entries("a", "b", "c"))

    assert sorted(each["Id"] for each in answer["Successful"]) == ["a", "b", "c"]
    assert answer.get("Failed", []) == []


@probe
def a_batch_of_eleven_is_refused(cloud: Cloud) -> None:
    arn = topic(cloud)
    eleven = _entries(*map(str, range(11)))
    refused(lambda: cloud.sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=eleven))


@probe
def a_batch_of_none_is_refused(cloud: Cloud) -> None:
    arn = topic(cloud)
    refused(lambda: cloud.sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[]))


@probe
def two_entries_of_one_id_are_refused(cloud: Cloud) -> None:
    arn = topic(cloud)
    refused(lambda: cloud.sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=_entries("a", "a")))


@probe
def a_batch_is_as_large_as_one_message_at_most(cloud: Cloud) -> None:
    arn = topic(cloud)
    large = _entries("a", "b", body="x" * 140_000)
    refused(lambda: cloud.sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=large))


@probe
def an_entry_of_a_batch_fails_by_itself(cloud: Cloud) -> None:
    arn = topic(cloud)
    bad = {"Id": "bad", "Message": "x", "MessageAttributes": {"a": text("")}}
    answer = cloud.sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[*_entries("good"), bad])

    assert [each["Id"] for each in answer["Successful"]] == ["good"]
    assert [(each["Id"], each["SenderFault"]) for each in answer["Failed"]] == [("bad", True)]
