"""SQS's JSON protocol (AWS JSON 1.0): operations as boto3 sends them, answers as it reads them."""

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from typing import Any

from reptidex.doubles.aws_faults.faults import Dice
from reptidex.doubles.aws_faults.queues import Queue

BATCH_BYTES = 1024 * 1024
LOOK_S = 0.02
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class RefusedError(Exception):
    """An error of AWS: its code, its words, the HTTP status."""

    def __init__(self, code: str, detail: str = "", status: int = 400) -> None:
        super().__init__(detail or code)
        self.code, self.detail, self.status = code, detail or code, status


class Sqs:
    """All queues of the double."""

    def __init__(self, dice: Dice, account: str, region: str) -> None:
        self.queues: dict[str, Queue] = {}
        self._dice, self._account, self._region = dice, account, region
        self.url = ""

    def arn(self, name: str) -> str:
        """Return a queue's ARN."""
        return f"arn:aws:sqs:{self._region}:{self._account}:{name}"

    async def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Carry an operation out. Raises `RefusedError`."""
        handler: Any = getattr(self, f"_{operation}", None)
        if handler is None:
            raise RefusedError("UnsupportedOperation", f"this double does not know {operation}")
        done = handler(asked)
        answer: dict[str, Any] = await done if asyncio.iscoroutine(done) else done
        return answer

    def _queue(self, asked: dict[str, Any]) -> Queue:
        name = asked["QueueUrl"].rsplit("/", 1)[-1]
        if name not in self.queues:
            raise RefusedError("QueueDoesNotExist", "The specified queue does not exist.")
        return self.queues[name]

    def _url_of(self, name: str) -> dict[str, Any]:
        return {"QueueUrl": f"{self.url}/{self._account}/{name}"}

    def _CreateQueue(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["QueueName"]
        visibility = float(asked.get("Attributes", {}).get("VisibilityTimeout", 30))
        self.queues.setdefault(name, Queue(name, self._dice, visibility))
        return self._url_of(name)

    def _GetQueueUrl(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["QueueName"] not in self.queues:
            raise RefusedError("QueueDoesNotExist", "The specified queue does not exist.")
        return self._url_of(asked["QueueName"])

    def _DeleteQueue(self, asked: dict[str, Any]) -> dict[str, Any]:
        del self.queues[self._queue(asked).name]
        return {}

    def _GetQueueAttributes(self, asked: dict[str, Any]) -> dict[str, Any]:
        queue = self._queue(asked)
        known = {
            "VisibilityTimeout": f"{queue.visibility_s:.0f}",
            "QueueArn": self.arn(queue.name),
            "ApproximateNumberOfMessages": str(len(queue)),
            "FifoQueue": "true",
        }
        if not queue.fifo:
            del known["FifoQueue"]
        wanted = asked.get("AttributeNames", [])
        return {"Attributes": {name: value for name, value in known.items() if name in wanted or "All" in wanted}}

    def _SetQueueAttributes(self, asked: dict[str, Any]) -> dict[str, Any]:
        queue = self._queue(asked)
        if "VisibilityTimeout" in asked["Attributes"]:
            queue.visibility_s = float(asked["Attributes"]["VisibilityTimeout"])
        return {}

    def _SendMessage(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._put(self._queue(asked), asked)

    def _put(self, queue: Queue, asked: dict[str, Any]) -> dict[str, Any]:
        group, dedup = asked.get("MessageGroupId", ""), asked.get("MessageDeduplicationId", "")
        if queue.fifo and not (group and dedup):
            raise RefusedError(
                "MissingParameter", "The request must contain MessageGroupId and MessageDeduplicationId."
            )
        if len(asked.get("MessageAttributes", {})) > 10:
            raise RefusedError(
                "InvalidParameterValue", "Number of message attributes exceeds the allowed maximum [10]."
            )
        body, attributes = asked["MessageBody"], asked.get("MessageAttributes", {})
        if _NO_XML.search(body):
            raise RefusedError("InvalidMessageContents", "The message contains characters outside the allowed set.")
        message = queue.put(body, attributes, group, dedup)
        if not queue.fifo and self._dice("repeat"):
            queue.put(body, attributes, group, dedup)
        md5 = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": message.id, "MD5OfMessageBody": md5}

    def _SendMessageBatch(self, asked: dict[str, Any]) -> dict[str, Any]:
        queue, entries = self._queue(asked), asked["Entries"]
        if sum(len(each["MessageBody"].encode()) for each in entries) > BATCH_BYTES:
            raise RefusedError("BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes.")
        return self._each(entries, lambda each: self._put(queue, each))

    async def _ReceiveMessage(self, asked: dict[str, Any]) -> dict[str, Any]:
        queue, most = self._queue(asked), asked.get("MaxNumberOfMessages", 1)
        end = time.monotonic() + asked.get("WaitTimeSeconds", 0)
        while not (found := queue.receive(most, asked.get("VisibilityTimeout"))) and time.monotonic() < end:
            await asyncio.sleep(LOOK_S)
        return {"Messages": found} if found else {}

    def _DeleteMessage(self, asked: dict[str, Any]) -> dict[str, Any]:
        if code := self._queue(asked).delete(asked["ReceiptHandle"]):
            raise RefusedError(code)
        return {}

    def _DeleteMessageBatch(self, asked: dict[str, Any]) -> dict[str, Any]:
        queue = self._queue(asked)

        def delete(each: dict[str, Any]) -> dict[str, Any]:
            if self._dice("failed_delete"):
                raise RefusedError("InternalError", status=500)
            if code := queue.delete(each["ReceiptHandle"]):
                raise RefusedError(code)
            return {}

        return self._each(asked["Entries"], delete)

    def _ChangeMessageVisibility(self, asked: dict[str, Any]) -> dict[str, Any]:
        if code := self._queue(asked).change(asked["ReceiptHandle"], asked["VisibilityTimeout"]):
            raise RefusedError(code)
        return {}

    def _ChangeMessageVisibilityBatch(self, asked: dict[str, Any]) -> dict[str, Any]:
        queue = self._queue(asked)

        def change(each: dict[str, Any]) -> dict[str, Any]:
            if code := queue.change(each["ReceiptHandle"], each["VisibilityTimeout"]):
                raise RefusedError(code)
            return {}

        return self._each(asked["Entries"], change)

    def _each(self, entries: list[dict[str, Any]], work: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        check_entries([each["Id"] for each in entries])
        done, failed = [], []
        for each in entries:
            try:
                if self._dice("partial"):
                    raise RefusedError("InternalError", "We encountered an internal error.", 500)
                done.append({"Id": each["Id"], **work(each)})
            except RefusedError as problem:
                sender = problem.status < 500
                failed.append(
                    {"Id": each["Id"], "Code": problem.code, "Message": problem.detail, "SenderFault": sender}
                )
        return {"Successful": done, "Failed": failed}


def check_entries(ids: list[str]) -> None:
    """Refuse a batch that is empty, too long, or names two entries alike."""
    if not ids:
        raise RefusedError("EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(ids) > 10:
        raise RefusedError("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.")
    if len(set(ids)) < len(ids):
        raise RefusedError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
