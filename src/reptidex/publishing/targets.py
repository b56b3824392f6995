"""Where events go: our log, a service of ours over HTTP, an SQS queue, SNS topics, an EventBridge bus."""

import time
from collections.abc import Sequence
from typing import Any, Protocol

import aiohttp
import msgspec

from reptidex.connectors.aws import boto_client
from reptidex.connectors.bridge import limits, verdicts
from reptidex.connectors.bridge.claim_check import ClaimCheck
from reptidex.connectors.bridge.entries import Entry, fields_of, group_of
from reptidex.connectors.bridge.eventbridge import EventBridgePublisher
from reptidex.connectors.bridge.heads import head_of
from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.names import arn_prefix, is_fifo, sns_name
from reptidex.connectors.bridge.outbound import Publisher
from reptidex.connectors.bridge.ports import Said
from reptidex.connectors.bridge.sns import SnsPublisher
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import Fate, Verdict
from reptidex.connectors.files.s3 import client_of
from reptidex.connectors.services.tokens import ServiceTokens
from reptidex.errors import ContractError, UnavailableError
from reptidex.platform.bridge.log_writer import LogWriter
from reptidex.publishing.checking import Ready
from reptidex.settings import Settings
from reptidex.streams.codec import CONTENT_TYPE
from reptidex.streams.contract import message_class


class Target(Protocol):
    """Takes events in batches, in order. `batch` is how many it likes at once."""

    batch: int

    async def send(self, events: Sequence[Ready]) -> list[str]:
        """Send events; return for each an empty text, or why it was refused for good.

        Raises `UnavailableError` where it cannot be known or the target is away: send them all again.
        """

    async def aclose(self) -> None:
        """Close the connections."""


class LogTarget:
    """The log, acknowledged by all replicas."""

    batch = 500

    def __init__(self, settings: Settings) -> None:
        self._log = LogWriter(settings)

    async def send(self, events: Sequence[Ready]) -> list[str]:
        """Put them on the log together."""
        refused = []
        for error in await self._log.put([_record(each) for each in events]):
            if error is not None and not isinstance(error, ContractError):
                raise error
            refused.append("" if error is None else str(error))
        return refused

    async def aclose(self) -> None:
        """Disconnect."""
        await self._log.stop()


def _record(each: Ready) -> Said:
    headers = (
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_id", each.event_id.encode()),
        ("ce_type", each.name.encode()),
    )
    return Said(topic=message_class(each.name).contract.topic, key=each.key, value=each.raw, headers=headers)


class _Answer(msgspec.Struct):
    results: list["_Result"]


class _Result(msgspec.Struct):
    status: str
    detail: str = ""


class HttpTarget:
    """repti-core's `POST /events/batch`, in the name of one service."""

    batch = 100
    SECONDS = 30
    BYTES = 1024 * 1024
    """Of one batch: what the route takes."""

    def __init__(self, url: str, *, service: str, secret: str, token: str = "") -> None:
        self._url = url.rstrip("/")
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.SECONDS))
        self._token = token
        self._tokens = ServiceTokens(self._session, self._url, service=service, secret=secret, clock=time.monotonic)

    async def send(self, events: Sequence[Ready]) -> list[str]:
        """Post them in batches of as many bytes as are taken, in their order."""
        refused: list[str] = []
        batch: list[bytes] = []
        size = 2
        for each in events:
            added = len(each.raw) + 1
            if batch and size + added > self.BYTES:
                refused += await self._post(batch)
                batch, size = [], 2
            batch.append(each.raw)
            size += added
        return refused + (await self._post(batch) if batch else [])

    async def _post(self, batch: Sequence[bytes]) -> list[str]:
        body = b"[" + b",".join(batch) + b"]"
        token = self._token or await self._tokens.current()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents-batch+json"}
        try:
            async with self._session.post(
                f"{self._url}/events/batch", data=body, headers=headers, allow_redirects=False
            ) as answer:
                said = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise UnavailableError(self._url, type(problem).__name__) from problem
        if answer.status != 207:
            raise UnavailableError(self._url, f"it answers {answer.status}: {said[:300].decode(errors='replace')}")
        results = msgspec.json.decode(said, type=_Answer).results
        return ["" if each.status == "published" else each.detail for each in results]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()


class BatchTarget:
    """SNS topics, or an EventBridge bus: whatever publishes batches of the bridge's entries."""

    batch = 100

    def __init__(self, settings: Settings, publisher: Publisher, threads: Threads, *, origin: str) -> None:
        self._settings, self._publisher, self._threads, self._origin = settings, publisher, threads, origin
        self._arn = arn_prefix("sns", settings.aws_region, settings.bridge_account)

    async def send(self, events: Sequence[Ready]) -> list[str]:
        """Send them topic by topic, ten at a time, in their order."""
        refused = [""] * len(events)
        topics: dict[str, list[tuple[int, Entry]]] = {}
        for place, each in enumerate(events):
            try:
                entry = self._entry(each)
            except LimitError as problem:
                refused[place] = str(problem)
            else:
                topics.setdefault(entry.arn, []).append((place, entry))
        for arn, entries in topics.items():
            for batch in _batches(entries):
                for (place, _), why in zip(batch, await self._publish(arn, [entry for _, entry in batch]), strict=True):
                    refused[place] = why
        return refused

    async def _publish(self, arn: str, entries: list[Entry]) -> list[str]:
        judged = await self._publisher.publish(arn, entries)
        if len(entries) > 1 and any(verdict.fate is Fate.ALONE for verdict in judged):
            return [why for entry in entries for why in await self._publish(arn, [entry])]
        return [_why(verdict, arn) for verdict in judged]

    def _entry(self, each: Ready) -> Entry:
        fifo = self._settings.bridge_fifo and is_fifo(each.name)
        head = head_of(each.raw)
        fields, size, payload = fields_of(each.raw, head, own=self._origin, key=each.key, fifo=fifo)
        return Entry(
            name=each.name,
            arn=self._arn + sns_name(each.name, self._settings.bridge_env, fifo=fifo),
            lane=each.key,
            fields=fields,
            size=size,
            payload=payload,
            raw=each.raw,
            settle=lambda: None,
            wanted=lambda: True,
            place=(each.name, 0, 0),
        )

    async def aclose(self) -> None:
        """Let the threads end."""
        self._threads.close()


def _batches(entries: Sequence[tuple[int, Entry]]) -> list[list[tuple[int, Entry]]]:
    """Cut entries into batches of ten and 256 KiB.

    Batches go one by one, and one has one entry of a FIFO group at most: of two the first may fail alone.
    """
    found: list[list[tuple[int, Entry]]] = []
    size = limits.SNS_BYTES
    groups = set[str]()
    for place, entry in entries:
        full = not found or len(found[-1]) == limits.BATCH_ENTRIES or size + entry.size > limits.SNS_BYTES
        if full or (entry.arn.endswith(".fifo") and entry.lane in groups):
            found.append([])
            size = 0
            groups.clear()
        found[-1].append((place, entry))
        groups.add(entry.lane)
        size += entry.size
    return found


def _why(verdict: Verdict, where: str) -> str:
    """Return why an entry is refused for good, empty where it is done. Raises `UnavailableError` for all else."""
    if verdict.fate is Fate.DONE:
        return ""
    said = f"{verdict.code}: {verdict.detail}"
    if verdict.fate in (Fate.NEVER, Fate.ALONE):
        return said
    raise UnavailableError(where, said)


class SqsTarget:
    """One SQS queue."""

    batch = 100

    def __init__(self, settings: Settings, queue: str, *, origin: str) -> None:
        self._queue, self._origin = queue, origin
        self._url = queue if "://" in queue else ""
        self._fifo = queue.endswith(".fifo")
        self._threads = Threads(1, "sqs")
        self._client = boto_client(settings, "sqs", attempts=4)

    async def send(self, events: Sequence[Ready]) -> list[str]:
        """Send them up to ten at a time, in their order; of a FIFO group one a call, since of two the first may fail alone."""
        refused = [""] * len(events)
        batch: dict[int, dict[str, Any]] = {}
        size, groups = 0, set[str]()
        for place, each in enumerate(events):
            try:
                entry = self._entry(each)
            except LimitError as problem:
                refused[place] = str(problem)
                continue
            added = len(entry["MessageBody"].encode()) + limits.attribute_bytes(entry["MessageAttributes"])
            full = len(batch) == limits.BATCH_ENTRIES or size + added > limits.SQS_BYTES
            if batch and (full or (self._fifo and each.key in groups)):
                await self._send_off(batch, refused)
                batch, size, groups = {}, 0, set()
            batch[place] = entry
            groups.add(each.key)
            size += added
        if batch:
            await self._send_off(batch, refused)
        return refused

    async def _send_off(self, batch: dict[int, dict[str, Any]], refused: list[str]) -> None:
        for place, why in zip(batch, await self._send(list(batch.values())), strict=True):
            refused[place] = why

    def _entry(self, each: Ready) -> dict[str, Any]:
        fields, _, payload = fields_of(each.raw, head_of(each.raw), own=self._origin, key=each.key, fifo=self._fifo)
        entry: dict[str, Any] = {"MessageBody": fields["Message"] if payload is None else payload.decode()}
        entry["MessageAttributes"] = fields["MessageAttributes"]
        if self._fifo:
            entry |= {"MessageGroupId": group_of(each.key), "MessageDeduplicationId": group_of(each.event_id)}
        return entry

    async def _send(self, batch: list[dict[str, Any]]) -> list[str]:
        ids = [str(number) for number in range(len(batch))]
        entries = [{"Id": name, **entry} for name, entry in zip(ids, batch, strict=True)]

        def call() -> Any:
            if not self._url:
                self._url = self._client.get_queue_url(QueueName=self._queue)["QueueUrl"]
            return self._client.send_message_batch(QueueUrl=self._url, Entries=entries)

        try:
            answer = await self._threads.run(call)
        except Exception as problem:  # noqa: BLE001 - whatever boto3 raises
            verdict = verdicts.of_call(problem, len(batch))
            if verdict.fate is Fate.ALONE:
                # One of them is the reason, and AWS does not say which: only that one is refused.
                return [why for each in batch for why in await self._send([each])]
            return [_why(verdict, self._queue)] * len(batch)
        return [_why(verdict, self._queue) for verdict in verdicts.of_entries(ids, answer)]

    async def aclose(self) -> None:
        """Let the thread end."""
        self._threads.close()


def sns_target(settings: Settings, *, origin: str) -> BatchTarget:
    """Return the topics of our environment."""
    threads = Threads(2, "sns")
    client = boto_client(settings, "sns", attempts=4, parameter_validation=False)
    return BatchTarget(settings, SnsPublisher(client, threads, _claim_check(settings)), threads, origin=origin)


def bus_target(settings: Settings, bus: str, *, origin: str) -> BatchTarget:
    """Return an EventBridge bus."""
    threads = Threads(2, "events")
    client = boto_client(settings, "events", attempts=4)
    publisher = EventBridgePublisher(client, threads, _claim_check(settings), bus)
    return BatchTarget(settings, publisher, threads, origin=origin)


def _claim_check(settings: Settings) -> ClaimCheck:
    return ClaimCheck(client_of(settings).boto, settings.bridge_bucket, legacy=settings.bridge_pointer == "legacy")
