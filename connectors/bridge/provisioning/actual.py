"""What is on AWS now, in the same words as what should be."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import msgspec

from reptidex.connectors.aws import AwsRefusedError
from reptidex.connectors.bridge.names import topic_of_arn as name_of
from reptidex.connectors.bridge.provisioning.clients import GONE, Clients
from reptidex.connectors.bridge.provisioning.desired import (
    ALARM_SETTINGS,
    QUEUE_SETTINGS,
    SUBSCRIPTION_SETTINGS,
    TOPIC_SETTINGS,
    Kind,
    Resource,
    canonical,
    subscription_name,
)
from reptidex.connectors.bridge.provisioning.expiry import expiry_id, lifecycle, plain_rule
from reptidex.connectors.bridge.provisioning.grants import key_statement_id, notification_id
from reptidex.connectors.bridge.provisioning.place import OWNED, Place
from reptidex.errors import SettingsError

DELETED = "Deleted"
"""What SNS writes in place of the ARN of a subscription that was."""
NO_FILTER = ("", "{}")
JSON = frozenset({"Policy", "RedrivePolicy", "FilterPolicy"})


class Found(Resource, frozen=True, kw_only=True):
    """A resource that is there."""

    handle: str
    """By which AWS knows it: an ARN, or the URL of a queue."""
    messages: int = 0
    """In a queue, about."""
    told: frozenset[str] = frozenset()
    """The settings that the answer spoke of."""

    def is_of(self, place: Place) -> bool:
        """Say whether provisioning made it for this environment. A subscription carries no tag."""
        return self.tags.get(OWNED) == place.owner


Actual = Mapping[tuple[Kind, str], Found]


async def read(call: Clients, place: Place, wanted: Iterable[Resource]) -> Actual:
    """Read everything that is wanted by name, and everything else that carries the tag of this environment."""
    names: dict[Kind, set[str]] = {}
    for resource in wanted:
        names.setdefault(resource.kind, set()).add(resource.name)
    queues, topics, alarms, grants, notifications, expiries = await asyncio.gather(
        _queues(call, place, names.get("queue", set())),
        _topics(call, place, names.get("topic", set())),
        _alarms(call, place, names.get("alarm", set())),
        _grants(call, place, names.get("grant", set())),
        _notifications(call, place, names.get("notification", set())),
        _expiries(call, place, names.get("expiry", set())),
    )
    subscriptions = await _subscriptions(call, place, topics, queues)
    return {
        (each.kind, each.name): each
        for each in (*queues, *topics, *alarms, *grants, *notifications, *expiries, *subscriptions)
    }


async def _there(one: Callable[[Any], Awaitable[Found | None]], listed: Iterable[Any]) -> list[Found]:
    """Ask about each thing that AWS lists, and leave out what is gone by then."""

    async def asked(each: Any) -> Found | None:
        try:
            return await one(each)
        except AwsRefusedError as problem:
            if problem.code not in GONE:
                raise
            return None

    return [found for found in await asyncio.gather(*map(asked, listed)) if found]


def _prefix(place: Place) -> str:
    return f"{place.environment}-" if place.environment else ""


async def _queues(call: Clients, place: Place, wanted: set[str]) -> list[Found]:
    prefix = {"QueueNamePrefix": _prefix(place)} if place.environment else {}
    urls = await call.pages("sqs", "list_queues", "QueueUrls", MaxResults=1000, **prefix)

    async def one(url: str) -> Found | None:
        name = url.rpartition("/")[2]
        tags = (await call("sqs", "list_queue_tags", QueueUrl=url)).get("Tags", {})
        if name not in wanted and tags.get(OWNED) != place.owner:
            return None
        got = (await call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"]))["Attributes"]
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return Found(
            kind="queue",
            name=name,
            settings=_settings(got, QUEUE_SETTINGS),
            tags=tags,
            handle=url,
            messages=sum(int(got.get(count, 0)) for count in counts),
            told=frozenset(got),
        )

    return await _there(one, urls)


async def _topics(call: Clients, place: Place, wanted: set[str]) -> list[Found]:
    arns = [each["TopicArn"] for each in await call.pages("sns", "list_topics", "Topics")]

    async def one(arn: str) -> Found | None:
        tags = _tags((await call("sns", "list_tags_for_resource", ResourceArn=arn))["Tags"])
        if name_of(arn) not in wanted and tags.get(OWNED) != place.owner:
            return None
        got = (await call("sns", "get_topic_attributes", TopicArn=arn))["Attributes"]
        return Found(
            kind="topic",
            name=name_of(arn),
            settings=_settings(got, TOPIC_SETTINGS),
            tags=tags,
            handle=arn,
            told=frozenset(got),
        )

    mine = [arn for arn in arns if name_of(arn).startswith(_prefix(place))]
    return await _there(one, mine)


async def _subscriptions(call: Clients, place: Place, topics: list[Found], queues: list[Found]) -> list[Found]:
    """Return what hangs on our topics; a subscriber that is no queue of ours is named by its endpoint.

    Another account may have a queue of the same name, and SNS lists a subscription that was deleted for days.
    """
    arns = {topic.handle for topic in topics}
    known = {place.queue(queue.name): queue.name for queue in queues}
    listed = [
        each
        for each in await call.pages("sns", "list_subscriptions", "Subscriptions")
        if each["TopicArn"] in arns and each["SubscriptionArn"] != DELETED
    ]

    async def one(each: Mapping[str, Any]) -> Found:
        arn, endpoint = each["SubscriptionArn"], each["Endpoint"]
        queue = known.get(endpoint, endpoint) if each["Protocol"] == "sqs" else endpoint
        got: Mapping[str, str] = {}
        if arn.startswith("arn:"):  # not so while a partner has yet to confirm it
            got = (await call("sns", "get_subscription_attributes", SubscriptionArn=arn))["Attributes"]
        settings = _settings(got, SUBSCRIPTION_SETTINGS)
        name = subscription_name(name_of(each["TopicArn"]), queue)
        return Found(kind="subscription", name=name, settings=settings, handle=arn, told=frozenset(got))

    return await _there(one, listed)


async def _alarms(call: Clients, place: Place, wanted: set[str]) -> list[Found]:
    prefix = {"AlarmNamePrefix": _prefix(place)} if place.environment else {}
    listed = await call.pages("cloudwatch", "describe_alarms", "MetricAlarms", **prefix)

    async def one(got: Mapping[str, Any]) -> Found | None:
        tags = _tags((await call("cloudwatch", "list_tags_for_resource", ResourceARN=got["AlarmArn"]))["Tags"])
        if got["AlarmName"] not in wanted and tags.get(OWNED) != place.owner:
            return None
        settings = {name: _text(name, got.get(name)) for name in ALARM_SETTINGS}
        return Found(
            kind="alarm",
            name=got["AlarmName"],
            settings=settings,
            tags=tags,
            handle=got["AlarmArn"],
            told=frozenset(got),
        )

    return await _there(one, listed)


async def _grants(call: Clients, place: Place, keys: set[str]) -> list[Found]:
    """Return our statement in the policy of each key; everything else in the policy is others' business."""
    found = []
    for key in sorted(keys):
        policy = await key_policy(call, key)
        mine = [each for each in policy["Statement"] if each.get("Sid") == key_statement_id(place)]
        if mine:
            settings = {"Statement": canonical(mine[0])}
            found.append(Found(kind="grant", name=key, settings=settings, handle=key, tags={OWNED: place.owner}))
    return found


async def _notifications(call: Clients, place: Place, buckets: set[str]) -> list[Found]:
    """Return our part of each bucket's configuration; the rest of it is others' business."""
    found = []
    for bucket in sorted(buckets):
        for each in (await bucket_configuration(call, bucket)).get("QueueConfigurations", []):
            if each["Id"] == notification_id(place):
                settings = {"QueueConfiguration": canonical(_plain_rules(each))}
                tags = {OWNED: place.owner}
                found.append(Found(kind="notification", name=bucket, settings=settings, handle=bucket, tags=tags))
    return found


async def _expiries(call: Clients, place: Place, buckets: set[str]) -> list[Found]:
    """Return our rule of each bucket's lifecycle."""
    return [
        Found(
            kind="expiry",
            name=bucket,
            settings={"Rule": canonical(plain_rule(rule))},
            handle=bucket,
            tags={OWNED: place.owner},
        )
        for bucket in sorted(buckets)
        for rule in await lifecycle(call, bucket)
        if rule.get("ID") == expiry_id(place)
    ]


def _plain_rules(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """S3 takes the names of filter rules in small letters, and may give them back in capitals."""
    rules = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    plain = [{"Name": rule["Name"].lower(), "Value": rule["Value"]} for rule in rules]
    return {**configuration, "Filter": {"Key": {"FilterRules": plain}}}


async def bucket_configuration(call: Clients, bucket: str) -> dict[str, Any]:
    """Return what a bucket tells whom. Raises `SettingsError` where it is not there."""
    try:
        got = await call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    except AwsRefusedError as problem:
        raise SettingsError(f"the bucket {bucket} cannot be asked: {problem}") from problem
    return {name: value for name, value in got.items() if name != "ResponseMetadata"}


async def key_policy(call: Clients, key: str) -> dict[str, Any]:
    """Return the policy of a key."""
    got = await call("kms", "get_key_policy", KeyId=key, PolicyName="default")
    policy: dict[str, Any] = msgspec.json.decode(got["Policy"])
    return policy


def _settings(got: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: _text(name, got.get(name)) for name in names}


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in JSON:
        return "" if value in NO_FILTER else canonical(msgspec.json.decode(value))
    if isinstance(value, list):
        return canonical(sorted(value, key=str))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value)


def _tags(pairs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in pairs}
