"""The landscape as resources of AWS: each with its settings in AWS's own words, so that two states can be compared by text."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from reptidex.connectors.bridge.provisioning.expiry import expiry_rule
from reptidex.connectors.bridge.provisioning.grants import (
    bucket_notification,
    bucket_policy,
    key_statement,
    queue_policy,
)
from reptidex.connectors.bridge.provisioning.landscape import (
    LONG_POLL_S,
    OLDEST_S,
    VISIBILITY_S,
    Landscape,
    Queue,
    Subscription,
    Topic,
)
from reptidex.connectors.bridge.provisioning.place import OWNED, Place

Kind = Literal["queue", "topic", "grant", "notification", "expiry", "subscription", "alarm"]
KINDS: tuple[Kind, ...] = ("queue", "topic", "grant", "notification", "expiry", "subscription", "alarm")

EVENT = "reptidex:event"
CONSUMER = "reptidex:consumer"
TITLE = "reptidex:queue"
QUEUE_SETTINGS = (
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsMasterKeyId",
    "MessageRetentionPeriod",
    "Policy",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)
TOPIC_SETTINGS = ("ContentBasedDeduplication", "FifoThroughputScope", "FifoTopic", "KmsMasterKeyId", "SignatureVersion")
UNREPORTED = frozenset({"FifoThroughputScope", "SignatureVersion"})
"""What every topic has on AWS, and older or other endpoints do not tell: it is compared only where it is told."""
SUBSCRIPTION_SETTINGS = ("FilterPolicy", "RawMessageDelivery", "RedrivePolicy")
ALARM_SETTINGS = (
    "AlarmActions",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluationPeriods",
    "MetricName",
    "Namespace",
    "Period",
    "Statistic",
    "Threshold",
    "TreatMissingData",
)


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on AWS. A setting that is empty is one that should not be there."""

    kind: Kind
    name: str
    """Of a subscription `<topic> -> <queue>`, of a grant the key, of a notification or an expiry the bucket."""
    settings: dict[str, str]
    tags: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """Return what tells these settings from any others."""
        return fingerprint(self.settings)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator chooses."""

    kms_key: str = ""
    """A customer-managed key (id, ARN or alias) for topics and queues; without it SQS encrypts with its own."""
    alarm_actions: tuple[str, ...] = ()
    """ARNs that an alarm tells."""
    payloads: str = ""
    """The bucket of large events, whose objects are to expire."""


def resources(landscape: Landscape, place: Place, options: Options | None = None) -> list[Resource]:
    """Return everything that should be there, in the order in which it has to be made."""
    chosen = options or Options()
    made = [_queue(queue, place, chosen) for queue in landscape.queues]
    made += [_topic(topic, place, chosen) for topic in landscape.topics]
    if chosen.kms_key:
        statement = canonical(key_statement(place))
        made.append(Resource(kind="grant", name=chosen.kms_key, settings={"Statement": statement}))
    for queue in landscape.queues:
        if queue.bucket:
            says = canonical(bucket_notification(place.queue(queue.name), place))
            made.append(Resource(kind="notification", name=queue.bucket, settings={"QueueConfiguration": says}))
    if chosen.payloads:
        made.append(Resource(kind="expiry", name=chosen.payloads, settings={"Rule": canonical(expiry_rule(place))}))
    made += [_subscription(each, place) for each in landscape.subscriptions]
    made += [alarm for queue in landscape.queues for alarm in _alarms(queue, place, chosen)]
    return sorted(made, key=lambda each: (KINDS.index(each.kind), not each.name.count("-dead"), each.name))


def subscription_name(topic: str, queue: str) -> str:
    """Return how a subscription is called here; SNS itself gives it a random id."""
    return f"{topic} -> {queue}"


def canonical(value: Any) -> str:
    """Write JSON so that equal values are equal texts."""
    return msgspec.json.encode(value, order="deterministic").decode()


def fingerprint(settings: Mapping[str, str]) -> str:
    """Return a hash of settings, those left out that not every endpoint tells."""
    told = {name: value for name, value in settings.items() if name not in UNREPORTED}
    return hashlib.sha256(canonical(told).encode()).hexdigest()[:16]


def _queue(queue: Queue, place: Place, options: Options) -> Resource:
    redrive = {"deadLetterTargetArn": place.queue(queue.dead_letters), "maxReceiveCount": queue.attempts}
    settings = {
        "DeduplicationScope": "messageGroup" if queue.fifo else "",
        "FifoQueue": "true" if queue.fifo else "",
        "FifoThroughputLimit": "perMessageGroupId" if queue.fifo else "",
        "KmsMasterKeyId": options.kms_key,
        "MessageRetentionPeriod": str(queue.kept_s),
        "Policy": _policy(queue, place),
        "ReceiveMessageWaitTimeSeconds": str(LONG_POLL_S),
        "RedrivePolicy": canonical(redrive) if queue.dead_letters else "",
        "SqsManagedSseEnabled": "false" if options.kms_key else "true",
        "VisibilityTimeout": str(VISIBILITY_S),
    }
    tags = {OWNED: place.owner, CONSUMER: queue.consumer, TITLE: queue.title}
    return Resource(kind="queue", name=queue.name, settings=settings, tags=tags)


def _policy(queue: Queue, place: Place) -> str:
    arn = place.queue(queue.name)
    if queue.bucket:
        return canonical(bucket_policy(queue.bucket, arn, place))
    return canonical(queue_policy(queue.hears, arn, place)) if queue.hears else ""


def _topic(topic: Topic, place: Place, options: Options) -> Resource:
    settings = {
        "ContentBasedDeduplication": "false" if topic.fifo else "",
        "FifoThroughputScope": "MessageGroup" if topic.fifo else "",
        "FifoTopic": "true" if topic.fifo else "",
        "KmsMasterKeyId": options.kms_key,
        "SignatureVersion": "2",
    }
    return Resource(kind="topic", name=topic.name, settings=settings, tags={OWNED: place.owner, EVENT: topic.event})


def loop_filter(origin: str) -> dict[str, Any]:
    """Return the filter that leaves out what first came from `origin`.

    `anything-but` alone drops messages that lack the attribute, hence the second half.
    """
    return {"$or": [{"rxorigin": [{"anything-but": [origin]}]}, {"rxorigin": [{"exists": False}]}]}


def _subscription(each: Subscription, place: Place) -> Resource:
    settings = {
        "FilterPolicy": canonical(loop_filter(each.not_from)) if each.not_from else "",
        "RawMessageDelivery": "true",
        "RedrivePolicy": canonical({"deadLetterTargetArn": place.queue(each.undelivered)}),
    }
    return Resource(kind="subscription", name=subscription_name(each.topic, each.queue), settings=settings)


def _alarms(queue: Queue, place: Place, options: Options) -> Iterator[Resource]:
    if queue.is_dead_letters:
        watched = {"MetricName": "ApproximateNumberOfMessagesVisible", "Threshold": "0"}
        suffix, periods, points = "depth", 1, 1
    else:
        watched = {"MetricName": "ApproximateAgeOfOldestMessage", "Threshold": str(OLDEST_S)}
        suffix, periods, points = "age", 5, 3
    settings = watched | {
        "AlarmActions": canonical(sorted(options.alarm_actions)),
        "ComparisonOperator": "GreaterThanThreshold",
        "DatapointsToAlarm": str(points),
        "Dimensions": canonical([{"Name": "QueueName", "Value": queue.name}]),
        "EvaluationPeriods": str(periods),
        "Namespace": "AWS/SQS",
        "Period": "60",
        "Statistic": "Maximum",
        "TreatMissingData": "notBreaching",
    }
    yield Resource(kind="alarm", name=f"{queue.name}-{suffix}", settings=settings, tags={OWNED: place.owner})
