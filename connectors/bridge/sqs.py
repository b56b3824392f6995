"""Calls to one SQS queue: receive, delete, hide for longer; batches of ten, each entry judged by itself."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from reptidex.connectors.bridge import limits, verdicts
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import Verdict

SYSTEM_ATTRIBUTES = ("ApproximateReceiveCount", "SentTimestamp", "MessageGroupId", "SequenceNumber")


class Received(msgspec.Struct, gc=False, kw_only=True):
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


class SqsQueue:
    """One queue. Those who poll it bring threads of their own, so that they never keep a delete waiting."""

    def __init__(self, client: Any, url: str, calls: Threads, *, wait_s: int = limits.WAIT_S) -> None:
        limits.check_receive(limits.BATCH_ENTRIES, wait_s)
        self._client, self._calls, self._wait_s = client, calls, wait_s
        self.url = url
        self.name = url.rsplit("/", 1)[-1]
        self.fifo = self.name.endswith(".fifo")

    async def visibility_s(self) -> float:
        """Return the queue's own visibility timeout. Raises what boto3 raises."""
        ask = {"QueueUrl": self.url, "AttributeNames": ["VisibilityTimeout"]}
        answer = await self._calls.run(lambda: self._client.get_queue_attributes(**ask))
        return float(answer["Attributes"]["VisibilityTimeout"])

    def take(self, wait_s: int | None = None) -> list[Received]:
        """Receive up to ten messages, waiting for the first; blocks. Raises what boto3 raises."""
        answer = self._client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=limits.BATCH_ENTRIES,
            WaitTimeSeconds=self._wait_s if wait_s is None else wait_s,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=list(SYSTEM_ATTRIBUTES),
        )
        return [received(each) for each in answer.get("Messages") or ()]

    async def receive(self, *, wait_s: int) -> list[Received]:
        """Receive up to ten messages. Raises what boto3 raises."""
        return await self._calls.run(lambda: self.take(wait_s))

    async def delete(self, handles: Sequence[str]) -> list[Verdict]:
        """Delete up to ten messages; return what became of each. Never raises for what AWS says."""
        entries = [
            {"Id": number, "ReceiptHandle": handle} for number, handle in zip(_ids(len(handles)), handles, strict=True)
        ]
        return await self._batch("delete_message_batch", entries)

    async def hide(self, handles: Sequence[tuple[str, int]]) -> list[Verdict]:
        """Hide up to ten messages for so many seconds from now; return what became of each. Never raises."""
        for _, seconds in handles:
            limits.check_visibility(seconds)
        entries = [
            {"Id": number, "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for number, (handle, seconds) in zip(_ids(len(handles)), handles, strict=True)
        ]
        return await self._batch("change_message_visibility_batch", entries)

    async def _batch(self, operation: str, entries: list[dict[str, Any]]) -> list[Verdict]:
        call = getattr(self._client, operation)
        try:
            answer = await self._calls.run(lambda: call(QueueUrl=self.url, Entries=entries))
        except Exception as problem:  # noqa: BLE001 - whatever boto3 raises, the entries are judged by it
            return [verdicts.of_call(problem, 1)] * len(entries)
        return verdicts.of_entries(_ids(len(entries)), answer)


@cache
def _ids(count: int) -> tuple[str, ...]:
    """Return the ids of so many entries of one call. Raises `LimitError`."""
    ids = tuple(map(str, range(count)))
    limits.check_entries(ids)
    return ids
