"""Calls to one SQS queue: receive, delete, hide for longer; batches of ten, each entry judged by itself."""

from collections.abc import Sequence
from typing import Any

import msgspec

from reptidex.connectors.bridge import limits, verdicts
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import Verdict


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
        place=f"{int(system.get('SentTimestamp', 0)):013d}/{number}",
    )


class SqsQueue:
    """One queue. Long polls have threads of their own, so that they never keep a delete waiting."""

    def __init__(self, client: Any, url: str, polls: Threads, calls: Threads, *, wait_s: int = limits.WAIT_S) -> None:
        limits.check_receive(limits.BATCH_ENTRIES, wait_s)
        self._client, self._polls, self._calls, self._wait_s = client, polls, calls, wait_s
        self.url = url
        self.name = url.rsplit("/", 1)[-1]
        self.fifo = self.name.endswith(".fifo")

    async def visibility_s(self) -> float:
        """Return the queue's own visibility timeout. Raises what boto3 raises."""
        ask = {"QueueUrl": self.url, "AttributeNames": ["VisibilityTimeout"]}
        answer = await self._calls.run(lambda: self._client.get_queue_attributes(**ask))
        return float(answer["Attributes"]["VisibilityTimeout"])

    async def receive(self, *, wait_s: int | None = None) -> list[Received]:
        """Receive up to ten messages, waiting for the first. Raises what boto3 raises."""
        ask = {
            "QueueUrl": self.url,
            "MaxNumberOfMessages": limits.BATCH_ENTRIES,
            "WaitTimeSeconds": self._wait_s if wait_s is None else wait_s,
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
        }
        answer = await self._polls.run(lambda: self._client.receive_message(**ask))
        return [received(each) for each in answer.get("Messages", ())]

    async def delete(self, handles: Sequence[str]) -> list[Verdict]:
        """Delete up to ten messages; return what became of each. Never raises for what AWS says."""
        entries = [{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(handles)]
        return await self._batch("delete_message_batch", entries)

    async def hide(self, handles: Sequence[tuple[str, int]]) -> list[Verdict]:
        """Hide up to ten messages for so many seconds from now; return what became of each. Never raises."""
        for _, seconds in handles:
            limits.check_visibility(seconds)
        entries = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for number, (handle, seconds) in enumerate(handles)
        ]
        return await self._batch("change_message_visibility_batch", entries)

    async def _batch(self, operation: str, entries: list[dict[str, Any]]) -> list[Verdict]:
        ids = [each["Id"] for each in entries]
        limits.check_entries(ids)
        call = getattr(self._client, operation)
        try:
            answer = await self._calls.run(lambda: call(QueueUrl=self.url, Entries=entries))
        except Exception as problem:  # noqa: BLE001 - whatever boto3 raises, the entries are judged by it
            return [verdicts.of_call(problem, 1)] * len(entries)
        return verdicts.of_entries(ids, answer)
