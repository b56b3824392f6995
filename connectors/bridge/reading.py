"""Reads what came over SQS: out of SNS's envelope, by the pointer from S3, into an event that may go onto the log."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from reptidex.connectors.bridge import verdicts
from reptidex.connectors.bridge.arrivals import Admission, Arrival, read_event
from reptidex.connectors.bridge.claim_check import ClaimCheck, Pointer
from reptidex.connectors.bridge.envelopes import Unwrapped, unwrap
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
    ) -> None:
        self._admission, self._claim_check, self._threads = admission, claim_check, threads
        self._topics, self._buckets = tuple(topics), frozenset((*buckets, claim_check.bucket))

    def read(self, body: str, attributes: Any) -> Arrival | Dropped | Unwrapped:
        """Read a message; of one that is a pointer return the pointer, to `follow`. Raises `ContractError`."""
        found = unwrap(body, attributes, topics=self._topics, buckets=self._buckets)
        if found.pointer is not None:
            return found
        return self._judged(found.body.encode(), found.attributes)

    async def follow(self, found: Unwrapped) -> Arrival | Dropped:
        """Read what a pointer leads to. Raises `ContractError`, `UnavailableError` (of S3)."""
        assert found.pointer is not None
        return self._judged(await self._fetch(found.pointer), found.attributes)

    def _judged(self, raw: bytes, attributes: Mapping[str, str]) -> Arrival | Dropped:
        arrival = read_event(raw, attributes, self._admission)
        return arrival if isinstance(arrival, Arrival) else Dropped(arrival)

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
