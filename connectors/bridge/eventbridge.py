"""An EventBridge bus in the place of SNS topics: the event's name is the detail type, the event itself the detail.

`PutEvents` takes ten entries and 256 KiB in all, and answers entry by entry (Amazon EventBridge API Reference, PutEvents). A
bus keeps no order, and has no groups: contracts whose order counts are put right by their `sequence`, as everywhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from reptidex.connectors.bridge import limits, verdicts
from reptidex.connectors.bridge.claim_check import ClaimCheck, Pointer
from reptidex.connectors.bridge.entries import Entry
from reptidex.connectors.bridge.heads import head_of
from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import DONE, THROTTLING, Fate, Verdict

PUT_EVENTS = "Amazon EventBridge API Reference, PutEvents"
BYTES = 256 * 1024
TEXT_CHARACTERS = 128
"""Of a detail type."""
OURS_TO_WAIT_FOR = frozenset({"AccessDeniedException", "ResourceNotFoundException", "NotAuthorizedForSourceException"})

Fields = dict[str, Any]


class EventBridgePublisher:
    """Publishes batches to one bus (`Publisher` of `outbound`)."""

    def __init__(self, client: Any, threads: Threads, claim_check: ClaimCheck, bus: str) -> None:
        self._client, self._threads, self._claim_check, self._bus = client, threads, claim_check, bus

    async def publish(self, arn: str, batch: Sequence[Entry]) -> list[Verdict]:
        """Publish up to ten entries, whatever topic they are for; return what became of each. Never raises for what AWS says."""
        entries = list(batch)
        try:
            return await self._threads.run(lambda: self._call(entries))
        except LimitError as problem:
            fate = Fate.NEVER if len(entries) == 1 else Fate.ALONE
            return [Verdict(fate, "LimitError", str(problem))] * len(entries)
        except Exception as problem:  # noqa: BLE001 - whatever boto3 raises, the entries are sent again
            return [verdicts.of_call(problem, len(entries))] * len(entries)

    def _call(self, entries: list[Entry]) -> list[Verdict]:
        request = [self._fields(entry) for entry in entries]
        limits.check_entries([str(number) for number in range(len(request))])
        size = sum(size_of(fields) for fields in request)
        if size > BYTES:
            raise LimitError("batch size, bytes", size, f"at most {BYTES}", PUT_EVENTS)
        answer = self._client.put_events(Entries=request)
        given = answer.get("Entries", [])
        return [verdict_of(given[place] if place < len(given) else None) for place in range(len(entries))]

    def _fields(self, entry: Entry) -> Fields:
        body = entry.fields["Message"]
        if entry.payload is not None:
            body = referring(entry.payload, self._claim_check.put(entry.payload))
        return fields_of(body, self._bus)


def fields_of(body: str, bus: str) -> Fields:
    """Return an entry of `PutEvents` for an event. Raises `LimitError`, `ContractError`."""
    head = head_of(body.encode())
    if len(head.type) > TEXT_CHARACTERS:
        raise LimitError("DetailType, length", len(head.type), f"at most {TEXT_CHARACTERS}", PUT_EVENTS)
    return {"EventBusName": bus, "Source": head.source.strip("/"), "DetailType": head.type, "Detail": body}


def referring(payload: bytes, pointer: Pointer) -> str:
    """Return a large event without its data, and where the whole of it lies (CloudEvents extension `dataref`).

    A detail has to be an object, so the extended clients' pointer, a list, cannot stand here.
    """
    event: dict[str, Any] = msgspec.json.decode(payload)
    event.pop("data", None)
    return msgspec.json.encode(event | {"dataref": f"s3://{pointer.bucket}/{pointer.key}"}).decode()


def size_of(fields: Fields) -> int:
    """Return the size of an entry as EventBridge counts it: source, detail type and detail in UTF-8 bytes."""
    return sum(len(str(fields[name]).encode()) for name in ("Source", "DetailType", "Detail"))


def verdict_of(answer: Mapping[str, Any] | None) -> Verdict:
    """Judge one entry by AWS's answer."""
    if answer is None:
        return Verdict(Fate.AGAIN, "NoAnswer", "the answer does not name the entry")
    code, detail = str(answer.get("ErrorCode") or ""), str(answer.get("ErrorMessage") or "")
    if not code:
        return DONE if answer.get("EventId") else Verdict(Fate.AGAIN, "NoAnswer", "no id, and no error")
    if code in THROTTLING:
        return Verdict(Fate.SLOWER, code, detail)
    if code in OURS_TO_WAIT_FOR:
        return Verdict(Fate.WAIT, code, detail)
    again = code.startswith("Internal") or "Unavailable" in code
    return Verdict(Fate.AGAIN if again else Fate.NEVER, code, detail)
