"""Calls to SQS: receive, delete, hide for longer; batches of ten, each entry judged by itself. They block, as boto3 does."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from reptidex.connectors.bridge import limits, verdicts
from reptidex.connectors.bridge.verdicts import Verdict

SYSTEM_ATTRIBUTES = ("ApproximateReceiveCount", "SentTimestamp", "MessageGroupId", "SequenceNumber")


class Received(msgspec.Struct, gc=False, kw_only=True, array_like=True):
    """A message as it was received."""

    message_id: str
    handle: str
    """Its receipt handle; a later receive of the same message brings another, and ends this one."""
    body: str
    attributes: dict[str, dict[str, Any]] = {}
    receives: int = 1
    group: str = ""
    """`MessageGroupId` of a FIFO queue."""
    place: str = ""
    """When it was sent, and its number in the queue: sorts messages of a group in their order."""


def received(message: dict[str, Any]) -> Received:
    """Read what boto3 gives for a message; attributes that we do not know are left alone."""
    system = message.get("Attributes", {})
    number = system.get("SequenceNumber") or message["MessageId"]
    return Received(
        message_id=message["MessageId"],
        handle=message["ReceiptHandle"],
        body=message.get("Body", ""),
        attributes=message.get("MessageAttributes", {}),
        receives=int(system.get("ApproximateReceiveCount", 1)),
        group=system.get("MessageGroupId", ""),
        place=f"{system.get('SentTimestamp', '').zfill(13)}/{number}",
    )


class SqsCalls:
    """The calls of one boto3 client for SQS; by as many threads at once as it has connections."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def url_of(self, name: str) -> str:
        """Return the URL of a queue. Raises what boto3 raises, as the calls below do."""
        return str(self._client.get_queue_url(QueueName=name)["QueueUrl"])

    def visibility_s(self, url: str) -> float:
        """Return a queue's own visibility timeout."""
        answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        return float(answer["Attributes"]["VisibilityTimeout"])

    def take(self, url: str, wait_s: int) -> list[Received]:
        """Receive up to ten messages, waiting for the first."""
        limits.check_receive(limits.BATCH_ENTRIES, wait_s)
        answer = self._client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=limits.BATCH_ENTRIES,
            WaitTimeSeconds=wait_s,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=list(SYSTEM_ATTRIBUTES),
        )
        return [received(each) for each in answer.get("Messages") or ()]

    def delete(self, url: str, handles: Sequence[str]) -> list[Verdict]:
        """Delete up to ten messages; return what became of each."""
        ids = _ids(len(handles))
        entries = [{"Id": number, "ReceiptHandle": handle} for number, handle in zip(ids, handles, strict=True)]
        return verdicts.of_entries(ids, self._client.delete_message_batch(QueueUrl=url, Entries=entries))

    def hide(self, url: str, handles: Sequence[str], seconds: Sequence[int]) -> list[Verdict]:
        """Hide up to ten messages for so many seconds from now; return what became of each."""
        for each in seconds:
            limits.check_visibility(each)
        ids = _ids(len(handles))
        entries = [
            {"Id": number, "ReceiptHandle": handle, "VisibilityTimeout": each}
            for number, handle, each in zip(ids, handles, seconds, strict=True)
        ]
        return verdicts.of_entries(ids, self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries))


@cache
def _ids(count: int) -> tuple[str, ...]:
    """Return the ids of so many entries of one call. Raises `LimitError`."""
    ids = tuple(map(str, range(count)))
    limits.check_entries(ids)
    return ids
