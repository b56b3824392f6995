"""What the two exports share: the same resources, laid out for an account that only the other tool will know."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from reptidex.connectors.bridge.provisioning.desired import KINDS, Kind, Resource
from reptidex.connectors.bridge.provisioning.place import Place

WORD = re.compile(r"[A-Za-z0-9]+")
JSON_SETTINGS = ("AlarmActions", "Dimensions", "FilterPolicy", "Policy", "RedrivePolicy", "Rule", "Statement")
NUMBERS = (
    "DatapointsToAlarm",
    "EvaluationPeriods",
    "MessageRetentionPeriod",
    "Period",
    "ReceiveMessageWaitTimeSeconds",
    "Threshold",
    "VisibilityTimeout",
)
TRUTHS = ("ContentBasedDeduplication", "FifoQueue", "FifoTopic", "RawMessageDelivery", "SqsManagedSseEnabled")


def by_kind(resources: Sequence[Resource]) -> dict[Kind, list[Resource]]:
    """Return resources by kind, each kind by name."""
    found: dict[Kind, list[Resource]] = {kind: [] for kind in KINDS}
    for each in sorted(resources, key=lambda one: one.name):
        found[each.kind].append(each)
    return found


def words(name: str) -> list[str]:
    """Return the words of a name, for an identifier of the other tool."""
    return WORD.findall(name)


def settings_of(resource: Resource) -> dict[str, Any]:
    """Return the settings that are there as values: numbers, truths and objects for what AWS's API takes as text."""
    values: dict[str, Any] = {}
    for name, text in resource.settings.items():
        if text == "":
            continue
        if name in JSON_SETTINGS:
            values[name] = msgspec.json.decode(text)
        elif name in NUMBERS:
            values[name] = int(text)
        else:
            values[name] = text == "true" if name in TRUTHS else text
    return values


def resolved(value: Any, known: Mapping[str, Any], otherwise: Any) -> Any:
    """Return a value with each known ARN in it replaced by a reference, and other texts by what `otherwise` makes of them."""
    if isinstance(value, dict):
        return {name: resolved(part, known, otherwise) for name, part in value.items()}
    if isinstance(value, list):
        return [resolved(part, known, otherwise) for part in value]
    if isinstance(value, str):
        return known.get(value, otherwise(value))
    return value


def arns(resources: Sequence[Resource], place: Place) -> dict[str, Resource]:
    """Return topics and queues by their ARN."""
    found = {place.topic(each.name): each for each in resources if each.kind == "topic"}
    return found | {place.queue(each.name): each for each in resources if each.kind == "queue"}


def written(document: Any) -> str:
    """Write a document for people and for version control."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
