"""What S3 says of new objects, over SQS (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).

Such messages come at least once, late, and in any order; they are a hint to look, and what is there decides.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus
from uuid import NAMESPACE_URL, uuid5

import msgspec

from reptidex.connectors.aws import AwsClient
from reptidex.connectors.files.port import WAITING
from reptidex.errors import ContractError

WAIT_S = 5
"""Of a long poll; shorter than the client waits for an answer."""


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """An object that came to the waiting place of a bucket."""

    bucket: str
    key: str
    """Of the file that it is for: without the waiting place in front."""
    at: datetime
    identity: str
    """A UUID, the same however often S3 tells of this object."""


class _Object(msgspec.Struct):
    key: str
    sequencer: str = ""
    etag: str = msgspec.field(name="eTag", default="")


class _Bucket(msgspec.Struct):
    name: str


class _Entity(msgspec.Struct):
    bucket: _Bucket
    object: _Object


class _Record(msgspec.Struct, rename="camel"):
    event_name: str
    event_time: datetime
    s3: _Entity


class _Body(msgspec.Struct):
    records: list[_Record] | None = msgspec.field(name="Records", default=None)
    event: str = msgspec.field(name="Event", default="")
    message: str = msgspec.field(name="Message", default="")


_reader = msgspec.json.Decoder(_Body)


def arrivals(body: str, bucket: str) -> list[Arrived]:
    """Return the new objects of a bucket's waiting place that a message tells of; other news of S3 are passed over.

    A message may come in SNS's envelope. Keys are written as in a form (`+` for a space), and read so.
    Raises `ContractError` for what S3 would not have written.
    """
    try:
        read = _reader.decode(body)
        if read.message and read.records is None:
            read = _reader.decode(read.message)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise ContractError(f"this is no notification of S3: {problem}") from problem
    if read.records is None and read.event != "s3:TestEvent":
        raise ContractError("this is no notification of S3: it has no Records")
    return list(_of_bucket(read.records or [], bucket))


def _of_bucket(records: list[_Record], bucket: str) -> Iterator[Arrived]:
    for record in records:
        key = unquote_plus(record.s3.object.key)
        created = record.event_name.removeprefix("s3:").startswith("ObjectCreated:")
        if created and record.s3.bucket.name == bucket and key.startswith(WAITING):
            at = record.event_time if record.event_time.tzinfo else record.event_time.replace(tzinfo=UTC)
            seen = f"s3://{bucket}/{key}?{record.s3.object.sequencer or record.s3.object.etag}"
            yield Arrived(bucket=bucket, key=key.removeprefix(WAITING), at=at, identity=str(uuid5(NAMESPACE_URL, seen)))


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the queue; it comes again until `Notifications.done`."""

    handle: str
    body: str


class Notifications:
    """The queue that S3 writes to. Close it with `aclose`."""

    def __init__(self, sqs: AwsClient, queue: str, *, wait_s: int = WAIT_S) -> None:
        self._sqs, self._wait_s = sqs, wait_s
        self._queue, self._url = queue, queue if "://" in queue else ""

    async def wait(self) -> list[Notice]:
        """Return up to ten messages, waiting a few seconds for the first. Raises `AwsRefusedError`, `UnavailableError`."""
        if not self._url:
            self._url = (await self._sqs.call("get_queue_url", QueueName=self._queue))["QueueUrl"]
        got: dict[str, Any] = await self._sqs.call(
            "receive_message", QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=self._wait_s
        )
        return [Notice(handle=each["ReceiptHandle"], body=each["Body"]) for each in got.get("Messages", [])]

    async def done(self, notices: list[Notice]) -> None:
        """Take messages out of the queue. Raises `AwsRefusedError`, `UnavailableError`."""
        entries = [{"Id": str(place), "ReceiptHandle": each.handle} for place, each in enumerate(notices)]
        if entries:
            await self._sqs.call("delete_message_batch", QueueUrl=self._url, Entries=entries)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._sqs.aclose()
