"""Where events go on AWS: an SQS queue, SNS topics, an EventBridge bus."""

from collections.abc import Sequence
from typing import Any

from reptidex.connectors.aws import boto_client
from reptidex.connectors.bridge import limits, verdicts
from reptidex.connectors.bridge.batching import batches
from reptidex.connectors.bridge.claim_check import ClaimCheck
from reptidex.connectors.bridge.entries import Entry, fields_of, group_of
from reptidex.connectors.bridge.eventbridge import EventBridgePublisher
from reptidex.connectors.bridge.heads import head_of
from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.names import arn_prefix, is_fifo, sns_name
from reptidex.connectors.bridge.outbound import Publisher
from reptidex.connectors.bridge.sns import SnsPublisher
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import Fate, Verdict
from reptidex.connectors.files.s3 import client_of
from reptidex.errors import UnavailableError
from reptidex.publishing.checking import Ready
from reptidex.settings import Settings


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
            one_a_call = _lane if arn.endswith(".fifo") else None
            for batch in batches(entries, lambda placed: placed[1].size, limits.SNS_BYTES, group_of=one_a_call):
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


def _lane(placed: tuple[int, Entry]) -> str:
    return placed[1].lane


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
        """Send them up to ten at a time, in their order; of a FIFO group one a call."""
        refused = [""] * len(events)
        entries: list[tuple[int, dict[str, Any]]] = []
        for place, each in enumerate(events):
            try:
                entries.append((place, self._entry(each)))
            except LimitError as problem:
                refused[place] = str(problem)
        one_a_call = _group if self._fifo else None
        for batch in batches(entries, _size, limits.SQS_BYTES, group_of=one_a_call):
            for (place, _), why in zip(batch, await self._send([entry for _, entry in batch]), strict=True):
                refused[place] = why
        return refused

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


def _group(placed: tuple[int, dict[str, Any]]) -> str:
    return str(placed[1]["MessageGroupId"])


def _size(placed: tuple[int, dict[str, Any]]) -> int:
    _, entry = placed
    return len(entry["MessageBody"].encode()) + limits.attribute_bytes(entry["MessageAttributes"])


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
