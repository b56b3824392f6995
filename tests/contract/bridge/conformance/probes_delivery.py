"""How messages are delivered: filters, order, repeats, dead letters, rights, receipts."""

import json
import secrets
import threading
import time
from typing import Any

from botocore.exceptions import ClientError

from tests.contract.bridge.conformance.asking import bodies, hears, probe, queue, received, refused, text, topic, until
from tests.contract.bridge.conformance.clouds import Cloud

LOOP = {"$or": [{"rxorigin": [{"anything-but": ["us"]}]}, {"rxorigin": [{"exists": False}]}]}


def _filtered(cloud: Cloud, policy: Any, *sent: dict[str, str]) -> list[int]:
    """Publish a message for each set of attributes; return the numbers of those that came through a filter."""
    arn, (url, queue_arn) = topic(cloud), queue(cloud)
    (open_url, open_arn) = queue(cloud)
    hears(cloud, arn, url, queue_arn, FilterPolicy=json.dumps(policy))
    hears(cloud, arn, open_url, open_arn)
    for number, attributes in enumerate(sent):
        given = {key: text(value) for key, value in ({"n": str(number)} | attributes).items()}
        cloud.sns.publish(TopicArn=arn, Message=str(number), MessageAttributes=given)
    until(cloud, open_url, str(len(sent) - 1))
    return sorted(int(each["Body"]) for each in received(cloud, url))


@probe
def the_loop_filter_lets_through_what_is_not_ours(cloud: Cloud) -> None:
    assert _filtered(cloud, LOOP, {"rxorigin": "us"}, {"rxorigin": "acme"}, {}) == [1, 2]


@probe
def anything_but_alone_drops_what_lacks_the_attribute(cloud: Cloud) -> None:
    policy = {"rxorigin": [{"anything-but": ["us"]}]}
    assert _filtered(cloud, policy, {"rxorigin": "us"}, {"rxorigin": "acme"}, {}) == [1]


@probe
def both_rules_in_one_list_let_through_what_lacks_the_attribute(cloud: Cloud) -> None:
    policy = {"rxorigin": [{"anything-but": ["us"]}, {"exists": False}]}
    assert _filtered(cloud, policy, {"rxorigin": "us"}, {"rxorigin": "acme"}, {}) == [1, 2]


@probe
def a_filter_of_six_keys_is_refused(cloud: Cloud) -> None:
    arn, (_, queue_arn) = topic(cloud), queue(cloud)
    policy = json.dumps({f"k{n}": ["x"] for n in range(6)})
    refused(
        lambda: cloud.sns.subscribe(
            TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes={"FilterPolicy": policy}
        )
    )


def _to_group(cloud: Cloud, url: str, group: str, body: str, *, once: str = "") -> None:
    cloud.sqs.send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=once or secrets.token_hex(8)
    )


@probe
def a_group_in_flight_waits_and_others_flow(cloud: Cloud) -> None:
    url, _ = queue(cloud, fifo=True)
    for group, body in (("a", "a1"), ("a", "a2"), ("b", "b1")):
        _to_group(cloud, url, group, body)
    first = cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    second = received(cloud, url, keep=True)

    assert (bodies(first), bodies(second)) == (["a1"], ["b1"])


@probe
def a_repeat_is_dropped_while_the_first_waits(cloud: Cloud) -> None:
    url, _ = queue(cloud, fifo=True)
    _to_group(cloud, url, "a", "one", once="1")
    _to_group(cloud, url, "a", "two", once="1")
    _to_group(cloud, url, "a", "end")

    assert bodies(until(cloud, url, "end")) == ["one", "end"]


@probe
def a_repeat_is_dropped_after_the_first_was_deleted(cloud: Cloud) -> None:
    url, _ = queue(cloud, fifo=True)
    _to_group(cloud, url, "a", "one", once="1")
    until(cloud, url, "one")
    _to_group(cloud, url, "a", "two", once="1")
    _to_group(cloud, url, "a", "end")

    assert bodies(until(cloud, url, "end")) == ["end"]


@probe
def a_fifo_topic_keeps_the_order_of_a_group(cloud: Cloud) -> None:
    arn, (url, queue_arn) = topic(cloud, fifo=True), queue(cloud, fifo=True)
    hears(cloud, arn, url, queue_arn)
    for number in range(5):
        ids = {"MessageGroupId": "a", "MessageDeduplicationId": str(number)}
        cloud.sns.publish(TopicArn=arn, Message=str(number), **ids)

    found = until(cloud, url, "4")
    assert bodies(found) == ["0", "1", "2", "3", "4"]
    assert {each["Attributes"]["MessageGroupId"] for each in found} == {"a"}


@probe
def a_fifo_topic_numbers_what_it_takes(cloud: Cloud) -> None:
    arn = topic(cloud, fifo=True)
    ids = {"MessageGroupId": "a", "MessageDeduplicationId": "1"}

    assert cloud.sns.publish(TopicArn=arn, Message="x", **ids).get("SequenceNumber")


@probe
def a_standard_topic_cannot_feed_a_fifo_queue(cloud: Cloud) -> None:
    arn, (_, queue_arn) = topic(cloud), queue(cloud, fifo=True)
    refused(lambda: cloud.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn))


@probe
def what_was_received_too_often_goes_to_the_dead_letters(cloud: Cloud) -> None:
    dead_url, dead_arn = queue(cloud)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    url, _ = queue(cloud, RedrivePolicy=redrive, VisibilityTimeout="0")
    cloud.sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes={"a": text("b")})
    received(cloud, url, keep=True)
    received(cloud, url, keep=True)
    [found] = until(cloud, dead_url, "x")

    assert found["MessageAttributes"]["a"]["StringValue"] == "b"


@probe
def what_cannot_be_delivered_goes_to_the_subscriptions_dead_letters(cloud: Cloud) -> None:
    arn, (gone_url, gone_arn), (dead_url, dead_arn) = topic(cloud), queue(cloud), queue(cloud)
    hears(cloud, arn, gone_url, gone_arn, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn}))
    cloud.sqs.delete_queue(QueueUrl=gone_url)
    cloud.sns.publish(TopicArn=arn, Message="x")

    until(cloud, dead_url, "x")


@probe
def a_queue_without_a_policy_hears_nothing(cloud: Cloud) -> None:
    arn, (url, queue_arn), (open_url, open_arn) = topic(cloud), queue(cloud), queue(cloud)
    attributes = {"RawMessageDelivery": "true"}
    cloud.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes)
    hears(cloud, arn, open_url, open_arn)
    cloud.sns.publish(TopicArn=arn, Message="x")
    until(cloud, open_url, "x")

    assert received(cloud, url) == []


@probe
def a_topic_with_a_key_that_is_not_there_takes_nothing(cloud: Cloud) -> None:
    arn = topic(cloud)

    def publish() -> None:
        cloud.sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="alias/none")
        cloud.sns.publish(TopicArn=arn, Message="x")

    refused(publish)


@probe
def an_old_receipt_handle_deletes_nothing(cloud: Cloud) -> None:
    url, _ = queue(cloud, VisibilityTimeout="0")
    cloud.sqs.send_message(QueueUrl=url, MessageBody="x")
    [first] = received(cloud, url, keep=True)
    received(cloud, url, keep=True)
    try:
        cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    except ClientError:
        return
    assert received(cloud, url, keep=True), "the message is gone"


@probe
def what_is_not_in_flight_cannot_be_hidden_for_longer(cloud: Cloud) -> None:
    url, _ = queue(cloud)
    cloud.sqs.send_message(QueueUrl=url, MessageBody="x")
    [found] = received(cloud, url, keep=True)
    handle = {"QueueUrl": url, "ReceiptHandle": found["ReceiptHandle"]}
    cloud.sqs.change_message_visibility(**handle, VisibilityTimeout=0)
    refused(lambda: cloud.sqs.change_message_visibility(**handle, VisibilityTimeout=30))


@probe
def a_delete_of_a_batch_fails_entry_by_entry(cloud: Cloud) -> None:
    url, _ = queue(cloud)
    cloud.sqs.send_message(QueueUrl=url, MessageBody="x")
    [found] = received(cloud, url, keep=True)
    entries = [{"Id": "good", "ReceiptHandle": found["ReceiptHandle"]}, {"Id": "bad", "ReceiptHandle": "none"}]
    answer = cloud.sqs.delete_message_batch(QueueUrl=url, Entries=entries)

    assert [each["Id"] for each in answer["Successful"]] == ["good"]
    assert [each["Id"] for each in answer["Failed"]] == ["bad"]


@probe
def a_long_poll_wakes_when_something_comes(cloud: Cloud) -> None:
    url, _ = queue(cloud)
    later = threading.Timer(0.5, lambda: cloud.sqs.send_message(QueueUrl=url, MessageBody="x"))
    later.start()
    begin = time.monotonic()
    found = received(cloud, url, wait_s=10)
    later.join()

    assert bodies(found) == ["x"]
    assert time.monotonic() - begin < 8


@probe
def a_hidden_message_is_shown_again(cloud: Cloud) -> None:
    url, _ = queue(cloud, VisibilityTimeout="1")
    cloud.sqs.send_message(QueueUrl=url, MessageBody="x")
    first, again = received(cloud, url, keep=True), received(cloud, url, keep=True, wait_s=5)

    assert (bodies(first), bodies(again)) == (["x"], ["x"])
    assert again[0]["Attributes"]["ApproximateReceiveCount"] == "2"


@probe
def a_message_that_is_hidden_for_longer_stays_hidden(cloud: Cloud) -> None:
    url, _ = queue(cloud, VisibilityTimeout="1")
    cloud.sqs.send_message(QueueUrl=url, MessageBody="x")
    [found] = received(cloud, url, keep=True)
    entry = {"Id": "0", "ReceiptHandle": found["ReceiptHandle"], "VisibilityTimeout": 30}
    answer = cloud.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[entry])

    assert [each["Id"] for each in answer["Successful"]] == ["0"]
    assert received(cloud, url, wait_s=2) == []


@probe
def a_queue_says_its_visibility_timeout(cloud: Cloud) -> None:
    url, _ = queue(cloud, VisibilityTimeout="7")
    got = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])

    assert got["Attributes"]["VisibilityTimeout"] == "7"


@probe
def the_signature_version_of_a_topic_is_kept(cloud: Cloud) -> None:
    arn = topic(cloud)
    cloud.sns.set_topic_attributes(TopicArn=arn, AttributeName="SignatureVersion", AttributeValue="2")

    assert cloud.sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("SignatureVersion") == "2"


@probe
def tags_are_kept_on_topics_and_queues(cloud: Cloud) -> None:
    arn, (url, _) = topic(cloud), queue(cloud)
    cloud.sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "reptidex:environment", "Value": "prod"}])
    cloud.sqs.tag_queue(QueueUrl=url, Tags={"reptidex:environment": "prod"})

    assert cloud.sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "reptidex:environment", "Value": "prod"}
    ]
    assert cloud.sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"reptidex:environment": "prod"}
