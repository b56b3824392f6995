"""Calls to SNS: one batch, the large ones of it to S3 first, and what AWS says of each entry."""

from collections.abc import Sequence
from typing import Any

from reptidex.connectors.bridge import verdicts
from reptidex.connectors.bridge.claim_check import ClaimCheck
from reptidex.connectors.bridge.entries import Entry, point, request_of
from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import Fate, Verdict


class SnsPublisher:
    """Publishes batches from a bounded pool of threads."""

    def __init__(self, client: Any, threads: Threads, claim_check: ClaimCheck) -> None:
        self._client, self._threads, self._claim_check = client, threads, claim_check

    async def publish(self, arn: str, batch: Sequence[Entry]) -> list[Verdict]:
        """Publish up to ten entries to one topic, and return what became of each. Never raises for what AWS says."""
        entries = list(batch)
        try:
            return await self._threads.run(lambda: self._call(arn, entries))
        except LimitError as problem:
            fate = Fate.NEVER if len(entries) == 1 else Fate.ALONE
            return [Verdict(fate, "LimitError", str(problem))] * len(entries)
        except Exception as problem:  # noqa: BLE001 - whatever boto3 raises, the entries are sent again
            return [verdicts.of_call(problem, len(entries))] * len(entries)

    def _call(self, arn: str, entries: list[Entry]) -> list[Verdict]:
        for entry in entries:
            if entry.payload is not None:
                point(entry, self._claim_check.put(entry.payload), legacy=self._claim_check.legacy)
        request = request_of(entries)
        answer = self._client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=request)
        return verdicts.of_entries([each["Id"] for each in request], answer)
