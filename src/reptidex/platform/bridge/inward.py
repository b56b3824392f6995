"""The inbound half of the bridge, put together: the queues, the log's writer, the inbox."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any

from reptidex.connectors.bridge.arrivals import Admission
from reptidex.connectors.bridge.backoff import send_again_s
from reptidex.connectors.bridge.heartbeats import keep_hidden
from reptidex.connectors.bridge.inbound import Inbound
from reptidex.connectors.bridge.intake import Intake
from reptidex.connectors.bridge.names import arn_prefix, queue_name
from reptidex.connectors.bridge.ports import Inbox, Letters, Log, Meter
from reptidex.connectors.bridge.reading import Reading
from reptidex.connectors.bridge.sqs_beside import Beside
from reptidex.connectors.bridge.sqs_frames import Begin
from reptidex.connectors.bridge.threads import Threads
from reptidex.connectors.bridge.tracker import Tracker
from reptidex.connectors.bridge.verdicts import CallError
from reptidex.errors import SettingsError, UnavailableError
from reptidex.platform.bridge.outward import check_patterns, claim_check
from reptidex.settings import BRIDGE, Settings
from reptidex.tables.dead_letters import DeadLetterRow

log = logging.getLogger(__name__)

FINISH_S = 6.0
HELD_PER_POLLER = 200
"""Messages being worked on, for each long poll: enough that the log's acknowledgement is never what is waited for."""


def queues_of(settings: Settings) -> tuple[str, ...]:
    """Return the queues to hear, as names or URLs."""
    return settings.bridge_queues or tuple(
        queue_name(BRIDGE, "inbound", settings.bridge_env, fifo=fifo) for fifo in (False, True)
    )


class Inward:
    """From SQS to the log."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        inbox: Inbox,
        letters: Letters,
        meter: Meter,
        *,
        step: Callable[[str], None] = lambda point: None,
    ) -> None:
        if not settings.bridge_inbound:
            raise SettingsError(
                "no event may come in: name some in REPTIDEX_BRIDGE_INBOUND, such as `animal.*`; whoever may write to"
                " the queues can then say these things"
            )
        check_patterns("REPTIDEX_BRIDGE_INBOUND", settings.bridge_inbound)
        names = queues_of(settings)
        self._settings, self._names = settings, names
        self._intake, self._letters, self._meter = Intake(log, inbox, step=step), letters, meter
        self._calls = Threads(settings.bridge_threads, "s3")
        begin = Begin(
            endpoint=settings.aws_endpoint,
            region=settings.aws_region,
            threads=settings.bridge_threads,
            connections=settings.bridge_threads + settings.bridge_pollers * len(names),
            read_s=settings.bridge_wait_s + 10,
        )
        self._sqs = Beside(begin)
        admission = Admission(
            events=settings.bridge_inbound, own=settings.bridge_origin, origin=settings.bridge_inbound_origin
        )
        topics = (arn_prefix("sns", settings.aws_region, settings.bridge_account) + _any_topic(settings),)
        self._reading = Reading(
            admission,
            claim_check(settings),
            self._calls,
            topics=(*topics, *settings.bridge_topics),
            buckets=settings.bridge_read_buckets,
        )
        self.queues: dict[str, Inbound] = {}
        self.missing: dict[str, str] = {}
        """Queues that cannot be opened, and why."""
        self._tasks: list[asyncio.Task[Any]] = []
        self._polls: list[asyncio.Task[Any]] = []
        self._chance = random.Random()

    async def start(self) -> list[asyncio.Task[Any]]:
        """Begin; return the tasks, none of which ends by itself. A queue that is missing is waited for."""
        beside = await self._sqs.start()
        hearing = [asyncio.create_task(self._hear(name), name=f"queue {name}") for name in self._names]
        self._tasks = [beside, *hearing]
        return self._tasks

    async def _hear(self, name: str) -> None:
        found = await self._opened(name)
        heart = asyncio.create_task(keep_hidden(found.queue, found.tracker, self._meter), name=f"heartbeats {name}")
        polls = asyncio.create_task(found.poll(self._settings.bridge_pollers), name=f"polls {name}")
        self._polls.append(polls)
        try:
            await asyncio.gather(heart, polls)
        finally:
            heart.cancel()
            polls.cancel()

    async def _opened(self, name: str) -> Inbound:
        attempts = 0
        while True:
            try:
                return await self.open(name)
            except CallError as problem:  # the queue may be there later
                attempts += 1
                code = problem.verdict.code
                if name not in self.missing:
                    log.warning("the queue %s cannot be opened: %s (`reptidex aws apply` makes it)", name, code)
                self.missing[name] = str(problem)
                await asyncio.sleep(max(1.0, send_again_s(attempts, self._chance)))

    async def open(self, name: str) -> Inbound:
        """Open a queue and read its visibility timeout. Raises `CallError`."""
        queue = await self._sqs.queue(name, self._settings.bridge_wait_s)
        tracker = Tracker(await queue.visibility_s())
        found = Inbound(
            queue,
            tracker,
            self._reading,
            self._intake,
            self._letters,
            self._meter,
            held_most=HELD_PER_POLLER * self._settings.bridge_pollers,
        )
        self.queues[queue.name] = found
        self.missing.pop(name, None)
        return found

    async def drained(self) -> None:
        """Take in all that the queues show now. Raises `CallError`."""
        self._tasks = [await self._sqs.start()]
        for name in self._names:
            found = await self.open(name)
            heart = asyncio.create_task(keep_hidden(found.queue, found.tracker, self._meter))
            try:
                await found.drain_queue()
            finally:
                heart.cancel()

    async def resend(self, letter: DeadLetterRow) -> None:
        """Take a letter in after all. Raises `UnavailableError`, `ContractError` for what is refused still."""
        found = self.queues.get(letter.topic)
        if found is None:
            raise UnavailableError(f"the queue {letter.topic}", "the bridge does not hear it")
        await found.redeliver(letter.value.decode(errors="replace"))

    @property
    def held(self) -> int:
        """How many messages are being worked on."""
        return sum(len(each.tracker) for each in self.queues.values())

    @property
    def troubles(self) -> int:
        """How many queues are missing, or are slowed down since a part does not answer."""
        return len(self.missing) + sum(bool(each.trouble) for each in self.queues.values())

    @property
    def oldest_s(self) -> float:
        """For how long the oldest of them has been."""
        return max((each.tracker.oldest_s for each in self.queues.values()), default=0.0)

    def status(self) -> dict[str, Any]:
        """Return how it stands."""
        queues = {
            name: {"held": len(each.tracker), "handles_swapped": each.tracker.swapped, "trouble": each.trouble}
            for name, each in self.queues.items()
        }
        return {"queues": queues, "missing": self.missing, "oldest_s": round(self.oldest_s, 3)}

    async def stop(self) -> None:
        """Take no more, finish what is in hand, give the rest back to the queues."""
        end = time.monotonic() + FINISH_S
        for each in self.queues.values():
            each.close()
        if self._polls:
            await asyncio.wait(self._polls, timeout=FINISH_S / 2)
        for each in self.queues.values():
            await each.finish(max(0.2, end - time.monotonic()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sqs.stop()
        self._calls.close()


def _any_topic(settings: Settings) -> str:
    return f"{settings.bridge_env}-*" if settings.bridge_env else "*"
