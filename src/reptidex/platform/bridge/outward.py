"""The outbound half of the bridge, put together: the log's reader, the pump, SNS and S3."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from reptidex.connectors.bridge.arrivals import admitted
from reptidex.connectors.bridge.claim_check import ClaimCheck
from reptidex.connectors.bridge.clients import quick_client
from reptidex.connectors.bridge.eventbridge import EventBridgePublisher
from reptidex.connectors.bridge.names import arn_prefix
from reptidex.connectors.bridge.outbound import Destination, Outbound, Publisher
from reptidex.connectors.bridge.ports import Letters, Meter
from reptidex.connectors.bridge.sns import SnsPublisher
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.verdicts import Fate
from reptidex.connectors.files.s3 import client_of
from reptidex.errors import ContractError, SettingsError, UnavailableError
from reptidex.platform.bridge.log_reader import LogReader
from reptidex.settings import Settings
from reptidex.streams.edge import known_events
from reptidex.tables.dead_letters import DeadLetterRow

SETTLE_S = 5.0
STUCK_S = 30.0
"""A run to the end of the log that has settled nothing for so long, because of trouble with AWS, is given up."""


def claim_check(settings: Settings) -> ClaimCheck:
    """Return the bucket of the bridge."""
    return ClaimCheck(client_of(settings).boto, settings.bridge_bucket, legacy=settings.bridge_pointer == "legacy")


def publisher(settings: Settings, threads: Threads) -> Publisher:
    """Return what publishes batches: to SNS topics, or to the bus that is named."""
    client = quick_client(settings, "events" if settings.bridge_bus else "sns", connections=threads.count)
    if settings.bridge_bus:
        return EventBridgePublisher(client, threads, claim_check(settings), settings.bridge_bus)
    return SnsPublisher(client, threads, claim_check(settings))


def check_patterns(setting: str, patterns: Sequence[str]) -> None:
    """See that every pattern names an event. Raises `SettingsError`: a slip of the pen would leave events out without a word."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern.removeprefix("!")) for name in known_events()):
            raise SettingsError(f"{setting}: no event is called {pattern!r}; `reptidex contracts` lists them")


def outbound_events(settings: Settings) -> list[str]:
    """Return the names of the events that go out. Raises `SettingsError` where there are none, or a pattern names none."""
    check_patterns("REPTIDEX_BRIDGE_OUTBOUND", settings.bridge_outbound)
    names = sorted(name for name in known_events() if admitted(name, settings.bridge_outbound))
    if not names:
        raise SettingsError(f"no event matches REPTIDEX_BRIDGE_OUTBOUND ({', '.join(settings.bridge_outbound)})")
    return names


class Outward:
    """From the log to SNS."""

    def __init__(
        self, settings: Settings, letters: Letters, meter: Meter, *, join: Callable[[], Awaitable[None]]
    ) -> None:
        self._threads = Threads(settings.bridge_threads, "sns")
        destination = Destination(
            arn=arn_prefix("sns", settings.aws_region, settings.bridge_account),
            env=settings.bridge_env,
            own=settings.bridge_origin,
            peers=frozenset(settings.bridge_peers),
            fifo=settings.bridge_fifo,
            fair=settings.bridge_fair,
        )
        self.outbound = Outbound(
            publisher(settings, self._threads), destination, letters, meter, calls=settings.bridge_threads
        )
        self.events = outbound_events(settings)
        self.reader = LogReader(settings, self.events, self.outbound, join)
        self._tasks: list[asyncio.Task[Any]] = []

    async def start(self) -> list[asyncio.Task[Any]]:
        """Begin; return the tasks, none of which ends by itself."""
        await self.reader.start()
        self._tasks = [
            asyncio.create_task(self.outbound.run(), name="outbound"),
            asyncio.create_task(self.reader.run(), name="log reader"),
        ]
        return self._tasks

    async def drained(self) -> None:
        """Wait until all that is on the log now is settled.

        Raises `UnavailableError` where nothing has been for a while, since AWS lacks a topic or a right.
        """
        self.outbound.hurry = True
        ends, left, since = await self.reader.ends(), -1, time.monotonic()
        while not await self.reader.past(ends):
            await asyncio.sleep(0.05)
            if self.outbound.in_flight != left:
                left, since = self.outbound.in_flight, time.monotonic()
            elif self.outbound.trouble and time.monotonic() - since > STUCK_S:
                name, said = next(iter(self.outbound.trouble.items()))
                raise UnavailableError("SNS", f"{left} events wait; {name}: {said}")

    async def resend(self, letter: DeadLetterRow) -> None:
        """Publish a letter. Raises `UnavailableError`, `ContractError` where SNS refuses it still."""
        verdict = await self.outbound.send_letter(letter.topic, letter.message_key, letter.value)
        if verdict.fate is Fate.NEVER:
            raise ContractError(f"{verdict.code}: {verdict.detail}")
        if verdict.fate is not Fate.DONE:
            raise UnavailableError("SNS", f"{verdict.code} {verdict.detail}")

    @property
    def trouble(self) -> dict[str, str]:
        """What does not answer or is missing, and why."""
        return {**self.outbound.trouble, **({"the log": self.reader.trouble} if self.reader.trouble else {})}

    def status(self) -> dict[str, Any]:
        """Return how it stands."""
        return {
            "events": len(self.events),
            "partitions": self.reader.assigned,
            "in_flight": self.outbound.in_flight,
            "watermark_age_s": round(self.reader.oldest_s, 3),
            "lag_records": self.reader.lag,
            "trouble": self.trouble,
        }

    async def stop(self) -> None:
        """Settle what is under way, and let go."""
        await self.reader.stop(SETTLE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.close()
