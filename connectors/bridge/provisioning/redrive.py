"""Moves messages of a dead-letter queue back to a queue, where SQS's own redrive cannot.

`StartMessageMoveTask` refuses a queue that SNS writes to, and runs one task a queue (Amazon SQS API Reference). A message is
deleted when the other queue has it: cut off at any instant, it may be there twice, and readers drop the repeat by its `id`.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from reptidex.connectors.aws import AwsRefusedError
from reptidex.connectors.bridge.batching import batches
from reptidex.connectors.bridge.limits import BATCH_ENTRIES, SQS_BYTES, attribute_bytes
from reptidex.connectors.bridge.provisioning.clients import Clients
from reptidex.errors import SettingsError

WAIT_S = 1
BEHIND = "waits behind an earlier message of its group"
SHOWN_S = 120
"""So long a message that is being moved is hidden from others."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the messages that were there when the move began."""

    there: int
    moved: int
    refused: dict[str, str]
    """By message id, why the other queue does not take it. It stays where it is."""


async def redrive(
    call: Clients, source: str, target: str, *, most: int | None = None, told: Callable[[int], None] = lambda _: None
) -> Moved:
    """Move what is in one queue now to another, in its order; `told` hears how many have been.

    Raises `SettingsError` for queues that are not there or not of one kind, `AwsRefusedError`, `UnavailableError`.
    """
    if source.endswith(".fifo") != target.endswith(".fifo"):
        raise SettingsError(f"{source} and {target} are not of one kind: order is promised in one of them only")
    begin, end = await _url(call, source), await _url(call, target)
    answer = await call("sqs", "get_queue_attributes", QueueUrl=begin, AttributeNames=["ApproximateNumberOfMessages"])
    there = int(answer["Attributes"]["ApproximateNumberOfMessages"])
    left, moved, refused = there if most is None else min(most, there), 0, dict[str, str]()
    fifo, stuck = target.endswith(".fifo"), set[str]()
    # What comes back while it is moved is not moved again: only as many as were there at first.
    while left > 0:
        messages = await _receive(call, begin, min(left, BATCH_ENTRIES))
        if not messages:
            break
        left -= len(messages)
        for batch in batches(messages, _size, SQS_BYTES, group_of=_group if fifo else None):
            free = [each for each in batch if _group(each) not in stuck]
            why = await _send(call, end, free, fifo=fifo) if free else {}
            why |= {each["MessageId"]: BEHIND for each in batch if each not in free}
            refused |= why
            if fifo:
                stuck |= {_group(each) for each in batch if each["MessageId"] in why}
            gone = [each for each in batch if each["MessageId"] not in why]
            if gone:
                entries = [{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(gone)]
                await call("sqs", "delete_message_batch", QueueUrl=begin, Entries=entries)
            moved += len(gone)
        told(moved)
    return Moved(there=there, moved=moved, refused=refused)


async def _url(call: Clients, name: str) -> str:
    try:
        return str((await call("sqs", "get_queue_url", QueueName=name))["QueueUrl"])
    except AwsRefusedError as problem:
        raise SettingsError(f"the queue {name}: {problem.code}") from problem


async def _receive(call: Clients, url: str, most: int) -> list[dict[str, Any]]:
    answer = await call(
        "sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=most, WaitTimeSeconds=WAIT_S,
        VisibilityTimeout=SHOWN_S, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"],
    )  # fmt: skip
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def _group(message: dict[str, Any]) -> str:
    return str(message["Attributes"].get("MessageGroupId", ""))


def _size(message: dict[str, Any]) -> int:
    return len(message["Body"].encode()) + attribute_bytes(message.get("MessageAttributes", {}))


async def _send(call: Clients, url: str, messages: list[dict[str, Any]], *, fifo: bool) -> dict[str, str]:
    """Send messages as they were; return why some are refused, by message id."""
    entries = []
    for number, each in enumerate(messages):
        entry: dict[str, Any] = {"Id": str(number), "MessageBody": each["Body"]}
        if attributes := each.get("MessageAttributes"):
            entry["MessageAttributes"] = attributes
        if fifo:
            # Not its old deduplication id: SQS knows that one for five minutes, and would take and drop the message.
            entry["MessageGroupId"] = each["Attributes"]["MessageGroupId"]
            entry["MessageDeduplicationId"] = f"redrive-{each['MessageId']}"
        entries.append(entry)
    answer = await call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
    return {
        messages[int(each["Id"])]["MessageId"]: f"{each.get('Code')}: {each.get('Message', '')}"
        for each in answer.get("Failed", ())
    }
