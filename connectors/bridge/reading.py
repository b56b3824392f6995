"""Reads what came over SQS: out of SNS's envelope, by the pointer from S3, into an event that may go onto the log."""

from collections.abc import Sequence
from typing import Any

import msgspec

from reptidex.connectors.bridge import verdicts
from reptidex.connectors.bridge.arrivals import Admission, Arrival, read_event
from reptidex.connectors.bridge.claim_check import ClaimCheck, Pointer
from reptidex.connectors.bridge.envelopes import Translate, unwrap
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import Fate
from reptidex.errors import ContractError, UnavailableError


class Dropped(msgspec.Struct, frozen=True):
    """A message that a lock against loops keeps out."""

    lock: str


class Reading:
    """Reads messages of a queue: out of the envelope, by the pointer, into an event."""

    def __init__(
        self,
        admission: Admission,
        claim_check: ClaimCheck,
        threads: Threads,
        *,
        topics: Sequence[str],
        buckets: Sequence[str] = (),
        translators: Sequence[Translate] = (),
    ) -> None:
        self._admission, self._claim_check, self._threads = admission, claim_check, threads
        self._topics, self._buckets = tuple(topics), frozenset((*buckets, claim_check.bucket))
        self._translators = tuple(translators)

    async def read(self, body: str, attributes: Any) -> Arrival | Dropped:
        """Read a message. Raises `ContractError`, `UnavailableError` (of S3)."""
        found = unwrap(body, attributes, topics=self._topics, buckets=self._buckets)
        raw = (await self._fetch(found.pointer)) if found.pointer else self._translated(found.body, found.attributes)
        arrival = read_event(raw, found.attributes, self._admission)
        return arrival if isinstance(arrival, Arrival) else Dropped(arrival)

    def _translated(self, body: str, attributes: Any) -> bytes:
        for translate in self._translators:
            event = translate(body, attributes)
            if event is not None:
                return event.encode()
        return body.encode()

    async def _fetch(self, pointer: Pointer) -> bytes:
        try:
            return await self._threads.run(lambda: self._claim_check.get(pointer))
        except ContractError:
            raise
        except Exception as problem:
            verdict = verdicts.of_call(problem, 1)
            if verdict.fate is Fate.NEVER:
                raise ContractError(f"s3://{pointer.bucket}/{pointer.key} cannot be read: {verdict.code}") from problem
            raise UnavailableError("s3", verdict.code) from problem
