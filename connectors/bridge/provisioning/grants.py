"""Who may do what to queues and keys: the policies that hang on them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.provisioning.place import Place
from reptidex.connectors.files.port import WAITING

Document = dict[str, Any]

POLICY_BYTES = 8 * 1024
ARN_BYTES = 64
"""What goes before a topic's name in its ARN, with quotes and comma, at most; fixed, so that a policy is the same everywhere."""
FRAME_BYTES = 512
"""What a policy has beside the list of ARNs, at most."""
GRANT_ID = "ReptidexTopics"


def queue_policy(topics: Sequence[str], queue_arn: str, place: Place) -> Document:
    """Return the policy that lets these topics of this account send to a queue, in one statement.

    A statement for each topic would end at 20 of them and at 8 KiB; where even the names are too many for 8 KiB the largest
    families become a prefix (`prod-marketplace-*`). A prefix lets no message in by itself: that takes a subscription.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": GRANT_ID,
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {
                    "ArnLike": {
                        "aws:SourceArn": [place.topic(name) for name in within_limit(topics, place.environment)]
                    },
                    "StringEquals": {"aws:SourceAccount": place.account},
                },
            }
        ],
    }


def bucket_policy(bucket: str, queue_arn: str, place: Place) -> Document:
    """Return the policy that lets a bucket of this account tell a queue of its objects."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReptidexBucket",
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {
                    "ArnLike": {"aws:SourceArn": f"arn:{place.partition}:s3:::{bucket}"},
                    "StringEquals": {"aws:SourceAccount": place.account},
                },
            }
        ],
    }


def bucket_notification(queue_arn: str, place: Place) -> Document:
    """Return what the bucket's configuration has to say, so that the queue hears of what comes to the waiting place."""
    return {
        "Id": notification_id(place),
        "QueueArn": queue_arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": WAITING}]}},
    }


def notification_id(place: Place) -> str:
    """Return the name of our part of a bucket's configuration."""
    return f"reptidex-{place.owner}-uploads"


def within_limit(names: Iterable[str], environment: str) -> list[str]:
    """Return names of topics, or patterns that cover them, short enough for a policy of 8 KiB."""
    kept = sorted(names)
    head = f"{environment}-" if environment else ""
    while _size(kept) > POLICY_BYTES - FRAME_BYTES:
        families: dict[str, list[str]] = {}
        for name in kept:
            if not name.endswith("*"):
                families.setdefault(name.removeprefix(head).partition("-")[0], []).append(name)
        word, members = max(families.items(), key=lambda item: (_size(item[1]), item[0]), default=("", []))
        if not members:
            raise LimitError("queue policy, bytes", _size(kept), POLICY_BYTES, "Amazon SQS quotas, Policies")
        kept = sorted({*(name for name in kept if name not in members), f"{head}{word}-*"})
    return kept


def _size(names: Iterable[str]) -> int:
    return sum(len(name) + ARN_BYTES for name in names)


def key_statement(place: Place) -> Document:
    """Return what the policy of an encryption key has to say, or SNS drops what it should deliver to an encrypted queue."""
    return {
        "Sid": key_statement_id(place),
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": place.account}},
    }


def key_statement_id(place: Place) -> str:
    """Return the name of our statement in a key's policy; letters and digits only, as KMS asks."""
    return "Reptidex" + re.sub(r"[^A-Za-z0-9]", "", place.owner.capitalize()) + "Topics"
