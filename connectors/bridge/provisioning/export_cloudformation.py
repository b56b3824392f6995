"""The landscape as CloudFormation templates: one for the topics, one for each consumer, since a stack ends at 500 resources.

The bucket of large events, where its objects are to expire, is made by a template of its own: a stack cannot give a rule to
a bucket that it has not made. It outlives its stack.
"""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.provisioning.desired import CONSUMER, Options, Resource, resources
from reptidex.connectors.bridge.provisioning.diff import queue_of
from reptidex.connectors.bridge.provisioning.exporting import arns, by_kind, resolved, settings_of, words, written
from reptidex.connectors.bridge.provisioning.landscape import Landscape
from reptidex.connectors.bridge.provisioning.place import Place

STACK_RESOURCES = 500
KEY = "KmsKeyId"
Template = dict[str, Any]


def templates(landscape: Landscape, options: Options | None = None) -> dict[str, str]:
    """Return templates by file name. The key, where there is one, is their parameter `KmsKeyId`.

    Raises `LimitError` where one would have more than 500 resources.
    """
    place = Place(
        account="${AWS::AccountId}",
        region="${AWS::Region}",
        partition="${AWS::Partition}",
        environment=landscape.environment,
    )
    chosen = options or Options()
    key = f"${{{KEY}}}" if chosen.kms_key else ""
    wanted = resources(landscape, place, replace(chosen, kms_key=key))
    consumer_of = {each.name: each.tags[CONSUMER] for each in wanted if each.kind == "queue"}
    stacks: dict[str, list[Resource]] = {"topics": []}
    for each in wanted:
        if each.kind == "topic":
            stacks["topics"].append(each)
        elif each.kind == "expiry":
            stacks.setdefault("payloads", []).append(each)
        elif each.kind not in ("grant", "notification"):
            queue = {"queue": each.name, "subscription": queue_of(each.name), "alarm": each.name.rpartition("-")[0]}
            stacks.setdefault(consumer_of[queue[each.kind]], []).append(each)
    statement = next((settings_of(each)["Statement"] for each in wanted if each.kind == "grant"), None)
    return {
        f"{name}.template.json": written(_template(name, members, place, key, statement))
        for name, members in sorted(stacks.items())
    }


def _template(name: str, members: Sequence[Resource], place: Place, key: str, statement: Any) -> Template:
    made = _resources(members, place)
    if len(made) > STACK_RESOURCES:
        raise LimitError(f"stack {name}, resources", len(made), STACK_RESOURCES, "AWS CloudFormation quotas")
    head: Template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"ReptiDex {place.owner}: {name}. Made by `reptidex aws export`.",
    }
    if key and any(each.kind in ("topic", "queue") for each in members):
        says = "The customer-managed key; its policy needs the statement in Metadata."
        head["Metadata"] = {"KeyPolicyStatement": _plain(statement)}
        head["Parameters"] = {KEY: {"Type": "String", "Description": says}}
    return head | {"Resources": made}


def _plain(value: Any) -> Any:
    """Metadata takes no functions: the account is left for a person to fill in."""
    return resolved(value, {"${AWS::AccountId}": "<account id>"}, lambda text: text)


def _resources(members: Sequence[Resource], place: Place) -> dict[str, Any]:
    known = {
        arn: {"Ref": _id(each)} if each.kind == "topic" else {"Fn::GetAtt": [_id(each), "Arn"]}
        for arn, each in arns(members, place).items()
    }

    def resolve(value: Any) -> Any:
        return resolved(value, known, lambda text: {"Fn::Sub": text} if "${" in text else text)

    made: dict[str, Any] = {}
    kinds = by_kind(members)
    for each in kinds["topic"]:
        values = settings_of(each) | {"TopicName": each.name, "Tags": _tags(each)}
        made[_id(each)] = {"Type": "AWS::SNS::Topic", "Properties": resolve(values)}
    for each in kinds["queue"]:
        values = settings_of(each) | {"QueueName": each.name, "Tags": _tags(each)}
        policy = values.pop("Policy", None)
        made[_id(each)] = {"Type": "AWS::SQS::Queue", "Properties": resolve(values)}
        if policy:
            hangs_on = {"PolicyDocument": policy, "Queues": [{"Ref": _id(each)}]}
            made[f"{_id(each)}Policy"] = {"Type": "AWS::SQS::QueuePolicy", "Properties": resolve(hangs_on)}
    for each in kinds["subscription"]:
        topic, _, queue = each.name.partition(" -> ")
        values = settings_of(each) | {
            "Protocol": "sqs",
            "TopicArn": place.topic(topic),
            "Endpoint": place.queue(queue),
        }
        made[f"{_id(each)}Subscription"] = {"Type": "AWS::SNS::Subscription", "Properties": resolve(values)}
    for each in kinds["alarm"]:
        values = settings_of(each) | {"AlarmName": each.name, "Tags": _tags(each)}
        made[f"{_id(each)}Alarm"] = {"Type": "AWS::CloudWatch::Alarm", "Properties": resolve(values)}
    for each in kinds["expiry"]:
        rule = settings_of(each)["Rule"]
        expires = {"Id": rule["ID"], "Status": rule["Status"], "ExpirationInDays": rule["Expiration"]["Days"]}
        values = {"BucketName": each.name, "LifecycleConfiguration": {"Rules": [expires]}}
        stays = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
        made[f"{_id(each)}Bucket"] = {"Type": "AWS::S3::Bucket", **stays, "Properties": resolve(values)}
    return made


def _id(each: Resource) -> str:
    return "".join(word[0].upper() + word[1:] for word in words(each.name))


def _tags(each: Resource) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in sorted(each.tags.items())]
