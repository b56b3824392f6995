"""The least that each role needs, as IAM policies: who publishes, who consumes, who provisions, who takes what SNS posts."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.provisioning.desired import canonical
from reptidex.connectors.bridge.provisioning.landscape import Landscape
from reptidex.connectors.bridge.provisioning.place import OWNED, Place

Role = Literal["publisher", "consumer", "provisioner", "endpoint"]
ROLES: tuple[Role, ...] = ("publisher", "consumer", "provisioner", "endpoint")
MANAGED_POLICY_CHARACTERS = 6144
"""White space not counted (AWS IAM quotas)."""


def role_policies(
    landscape: Landscape,
    place: Place,
    *,
    kms_key_arn: str = "",
    bucket: str = "",
    consumer: str = "",
    bus: str = "",
    posted: Sequence[str] = (),
) -> dict[Role, dict[str, Any]]:
    """Return the policy of each role; `bucket` holds large payloads, `consumer` narrows that role to one consumer's queues.

    `bus` is the name or ARN of the EventBridge bus that events go to in the place of topics, if they do. `posted` are the ARNs of
    the topics whose messages SNS posts to repti-core; without any there is no role `endpoint`.

    Raises `LimitError` for one that IAM would not take.
    """
    queues = [each.name for each in landscape.queues if not consumer or each.consumer == consumer]
    made: dict[Role, list[dict[str, Any]]] = {
        "publisher": list(_publisher(place, kms_key_arn, bucket, bus)),
        "consumer": list(_consumer(queues, place, kms_key_arn, bucket)),
        "provisioner": list(
            _provisioner(place, kms_key_arn, {each.bucket for each in landscape.queues if each.bucket}, bucket)
        ),
    }
    if posted:
        made["endpoint"] = [_allow("Confirm", ["sns:ConfirmSubscription"], list(posted))]
    policies = {role: {"Version": "2012-10-17", "Statement": statements} for role, statements in made.items()}
    for role, policy in policies.items():
        size = len(canonical(policy))
        if size > MANAGED_POLICY_CHARACTERS:
            raise LimitError(f"policy of the {role}, characters", size, MANAGED_POLICY_CHARACTERS, "AWS IAM quotas")
    return policies


def _everything(place: Place) -> str:
    return f"{place.environment}-*" if place.environment else "*"


def _publisher(place: Place, key: str, bucket: str, bus: str) -> Iterable[dict[str, Any]]:
    if bus:
        arn = f"arn:{place.partition}:events:{place.region}:{place.account}:event-bus/{bus}"
        yield _allow("Publish", ["events:PutEvents"], [bus if bus.startswith("arn:") else arn])
    else:
        yield _allow("Publish", ["sns:Publish"], [place.topic(_everything(place))])
    if bucket:
        yield _allow("PutLargePayloads", ["s3:PutObject"], [f"arn:{place.partition}:s3:::{bucket}/*"])
    if key:
        yield _allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [key])


def _consumer(queues: Iterable[str], place: Place, key: str, bucket: str) -> Iterable[dict[str, Any]]:
    actions = ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage"]
    named = sorted(place.queue(name) for name in queues)
    size = sum(map(len, named))
    within = named if size < MANAGED_POLICY_CHARACTERS // 2 else [place.queue(_everything(place))]
    yield _allow("Consume", [f"sqs:{action}" for action in actions], within)
    if bucket:
        yield _allow("GetLargePayloads", ["s3:GetObject"], [f"arn:{place.partition}:s3:::{bucket}/*"])
        # Without it S3 says "not allowed" of an object that has expired, and the message is tried again for days.
        yield _allow("TellWhatIsGone", ["s3:ListBucket"], [f"arn:{place.partition}:s3:::{bucket}"])
    if key:
        yield _allow("Decrypt", ["kms:Decrypt"], [key])


def _provisioner(place: Place, key: str, buckets: Iterable[str], payloads: str) -> Iterable[dict[str, Any]]:
    tagged = {"StringEquals": {f"aws:ResourceTag/{OWNED}": place.owner}}
    topics, queues = [place.topic(_everything(place))], [place.queue(_everything(place))]
    alarms = [f"arn:{place.partition}:cloudwatch:{place.region}:{place.account}:alarm:{_everything(place)}"]
    yield _allow(
        "Look",
        [
            "cloudwatch:DescribeAlarms",
            "cloudwatch:ListTagsForResource",
            "sns:ListSubscriptions",
            "sns:ListTopics",
            "sqs:ListQueues",
            "sts:GetCallerIdentity",
        ],
        ["*"],
    )
    yield _allow(
        "Topics",
        [
            "sns:CreateTopic",
            "sns:GetSubscriptionAttributes",
            "sns:GetTopicAttributes",
            "sns:ListTagsForResource",
            "sns:SetSubscriptionAttributes",
            "sns:SetTopicAttributes",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:Unsubscribe",
        ],
        topics,
    )
    yield _allow(
        "Queues",
        [
            "sqs:CreateQueue",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListQueueTags",
            "sqs:SetQueueAttributes",
            "sqs:TagQueue",
        ],
        queues,
    )
    yield _allow("Alarms", ["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"], alarms)
    yield _allow("TakeAwayTopics", ["sns:DeleteTopic"], topics) | {"Condition": tagged}
    yield _allow("TakeAwayQueues", ["sqs:DeleteQueue"], queues) | {"Condition": tagged}
    yield _allow("TakeAwayAlarms", ["cloudwatch:DeleteAlarms"], alarms) | {"Condition": tagged}
    if arns := [f"arn:{place.partition}:s3:::{bucket}" for bucket in sorted(buckets)]:
        yield _allow("Bucket", ["s3:GetBucketNotification", "s3:PutBucketNotification"], arns)
    if payloads:
        actions = ["s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"]
        yield _allow("Payloads", actions, [f"arn:{place.partition}:s3:::{payloads}"])
    if key:
        yield _allow("Key", ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy"], [key])


def _allow(name: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}
