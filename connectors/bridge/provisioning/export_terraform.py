"""The landscape as one Terraform file in JSON syntax (https://developer.hashicorp.com/terraform/language/syntax/json).

The bucket of large events, where its objects are to expire, is made with it: Terraform's resource of a lifecycle holds all rules
of a bucket, and would take those of others away from one that is there already.
"""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from reptidex.connectors.bridge.provisioning.desired import Options, Resource, canonical, resources
from reptidex.connectors.bridge.provisioning.exporting import arns, by_kind, resolved, settings_of, words, written
from reptidex.connectors.bridge.provisioning.landscape import Landscape
from reptidex.connectors.bridge.provisioning.place import Place
from reptidex.errors import SettingsError

FILE = "reptidex.tf.json"
PLACE = {
    "account": "${data.aws_caller_identity.here.account_id}",
    "region": "${data.aws_region.here.region}",
    "partition": "${data.aws_partition.here.partition}",
}
NAMES = {
    "AlarmActions": "alarm_actions",
    "ComparisonOperator": "comparison_operator",
    "ContentBasedDeduplication": "content_based_deduplication",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "DeduplicationScope": "deduplication_scope",
    "EvaluationPeriods": "evaluation_periods",
    "FifoQueue": "fifo_queue",
    "FifoThroughputLimit": "fifo_throughput_limit",
    "FifoThroughputScope": "fifo_throughput_scope",
    "FifoTopic": "fifo_topic",
    "FilterPolicy": "filter_policy",
    "KmsMasterKeyId": "kms_master_key_id",
    "MessageRetentionPeriod": "message_retention_seconds",
    "MetricName": "metric_name",
    "Namespace": "namespace",
    "Period": "period",
    "RawMessageDelivery": "raw_message_delivery",
    "ReceiveMessageWaitTimeSeconds": "receive_wait_time_seconds",
    "RedrivePolicy": "redrive_policy",
    "SignatureVersion": "signature_version",
    "SqsManagedSseEnabled": "sqs_managed_sse_enabled",
    "Statistic": "statistic",
    "Threshold": "threshold",
    "TreatMissingData": "treat_missing_data",
    "VisibilityTimeout": "visibility_timeout_seconds",
}
"""AWS's names of settings, and those of the provider `hashicorp/aws`."""
AS_TEXT = ("FilterPolicy", "RedrivePolicy")


def terraform(landscape: Landscape, options: Options | None = None) -> str:
    """Return the file. The key, where there is one, is the variable `kms_key_id`. Raises `SettingsError`."""
    place = Place(**PLACE, environment=landscape.environment)
    chosen = options or Options()
    key = "${var.kms_key_id}" if chosen.kms_key else ""
    wanted = resources(landscape, place, replace(chosen, kms_key=key))
    document: dict[str, Any] = {
        "//": f"ReptiDex {place.owner}. Made by `reptidex aws export --format terraform`.",
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 6.0"}}},
        "data": {name: {"here": {}} for name in ("aws_caller_identity", "aws_partition", "aws_region")},
    }
    statement = next((settings_of(each)["Statement"] for each in wanted if each.kind == "grant"), None)
    if statement:
        document["variable"] = {"kms_key_id": {"type": "string", "description": "The customer-managed key."}}
        says = "What the policy of the key has to say."
        document["output"] = {"kms_key_policy_statement": {"value": canonical(statement), "description": says}}
    return written(document | {"resource": _resources(wanted, place)})


def _resources(wanted: Sequence[Resource], place: Place) -> dict[str, Any]:
    _check(wanted)
    kinds = by_kind(wanted)
    known = {
        arn: f"${{aws_{'sns_topic' if each.kind == 'topic' else 'sqs_queue'}.{_id(each)}.arn}}"
        for arn, each in arns(wanted, place).items()
    }

    def resolve(value: Any) -> Any:
        return resolved(value, known, lambda text: text)

    topics, queues, policies, subscriptions = dict[str, Any](), dict[str, Any](), dict[str, Any](), dict[str, Any]()
    for each in kinds["topic"]:
        topics[_id(each)] = {"name": each.name, **_arguments(each, resolve), "tags": dict(sorted(each.tags.items()))}
    for each in kinds["queue"]:
        queues[_id(each)] = {"name": each.name, **_arguments(each, resolve), "tags": dict(sorted(each.tags.items()))}
        policy = settings_of(each).get("Policy")
        if policy:
            url = f"${{aws_sqs_queue.{_id(each)}.url}}"
            policies[_id(each)] = {"queue_url": url, "policy": canonical(resolve(policy))}
    for each in kinds["subscription"]:
        topic, _, queue = each.name.partition(" -> ")
        subscriptions[_id(each)] = {
            "topic_arn": resolve(place.topic(topic)),
            "protocol": "sqs",
            "endpoint": resolve(place.queue(queue)),
            **_arguments(each, resolve),
        }
    alarms = {_id(each): _alarm(each, resolve) for each in kinds["alarm"]}
    expiries = {_id(each): _expiry(each) for each in kinds["expiry"]}
    buckets = {_id(each): {"bucket": each.name} for each in kinds["expiry"]}
    made = {
        "aws_cloudwatch_metric_alarm": alarms,
        "aws_s3_bucket": buckets,
        "aws_s3_bucket_lifecycle_configuration": expiries,
        "aws_sns_topic": topics,
        "aws_sns_topic_subscription": subscriptions,
        "aws_sqs_queue": queues,
        "aws_sqs_queue_policy": policies,
    }
    return {kind: blocks for kind, blocks in made.items() if blocks}


def _expiry(each: Resource) -> dict[str, Any]:
    rule = settings_of(each)["Rule"]
    expires = {
        "id": rule["ID"],
        "status": rule["Status"],
        "filter": [{"prefix": rule["Filter"]["Prefix"]}],
        "expiration": [{"days": rule["Expiration"]["Days"]}],
    }
    return {"bucket": f"${{aws_s3_bucket.{_id(each)}.id}}", "rule": [expires]}


def _arguments(each: Resource, resolve: Any) -> dict[str, Any]:
    found = {}
    for name, value in sorted(settings_of(each).items()):
        if name in NAMES and not (
            name == "SqsManagedSseEnabled" and value is False
        ):  # the provider refuses it with a key
            given = resolve(value)
            found[NAMES[name]] = canonical(given) if name in AS_TEXT else given
    if "signature_version" in found:
        found["signature_version"] = int(found["signature_version"])
    return found


def _alarm(each: Resource, resolve: Any) -> dict[str, Any]:
    dimensions = {pair["Name"]: pair["Value"] for pair in settings_of(each)["Dimensions"]}
    return {
        "alarm_name": each.name,
        **_arguments(each, resolve),
        "dimensions": dimensions,
        "tags": dict(sorted(each.tags.items())),
    }


def _check(wanted: Sequence[Resource]) -> None:
    """See that no resource takes another's place: Terraform's names have fewer signs. Raises `SettingsError`."""
    taken = dict[tuple[str, str], str]()
    for each in wanted:
        other = taken.setdefault((each.kind, _id(each)), each.name)
        if other != each.name:
            raise SettingsError(
                f"{other} and {each.name} would have one name in Terraform; call one of the partners otherwise"
            )


def _id(each: Resource) -> str:
    return "_".join(word.lower() for word in words(each.name))
