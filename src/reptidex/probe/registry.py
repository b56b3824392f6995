"""The list of probes, and what a probe gets and says."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How a probe ended."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


class Skipped(Exception):
    """The probe cannot be asked here (a client is not installed); the message says why."""


class Failed(Exception):
    """The broker gave a wrong answer; the message says which."""


@dataclass(slots=True)
class Target:
    """The broker under test; `run` makes the names of topics and groups of this run unlike those of any other."""

    bootstrap: str
    replication: int = 1
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:6])

    def name(self, stem: str) -> str:
        """Return a name for a topic or group of this run."""
        return f"{stem}-{self.run}"


@dataclass(slots=True, frozen=True)
class Outcome:
    """What one probe found."""

    name: str
    verdict: Verdict
    seconds: float
    detail: str


Question = Callable[[Target], Awaitable[str | None]]


@dataclass(slots=True, frozen=True)
class Probe:
    """One question with its time limit in seconds; returning text adds a detail to a pass."""

    name: str
    limit: float
    ask: Question

    async def run(self, target: Target) -> Outcome:
        """Ask, and turn whatever happens into an outcome."""
        began = time.monotonic()
        asking = asyncio.ensure_future(self.ask(target))
        await asyncio.wait({asking}, timeout=self.limit)
        if not asking.done():
            asking.cancel()
            verdict, detail = Verdict.FAIL, f"no end within {self.limit:g} s"
        elif (error := asking.exception()) is None:
            verdict, detail = Verdict.PASS, asking.result() or ""
        elif isinstance(error, Skipped | Failed):
            verdict, detail = Verdict.SKIP if isinstance(error, Skipped) else Verdict.FAIL, str(error)
        else:  # a client's error is the broker's failure
            verdict, detail = Verdict.FAIL, f"{type(error).__name__}: {error}"
        return Outcome(self.name, verdict, time.monotonic() - began, detail[:500])


PROBES: list[Probe] = []


def probe(name: str, limit: float = 40.0) -> Callable[[Question], Question]:
    """Register a question under its name."""

    def register(ask: Question) -> Question:
        PROBES.append(Probe(name, limit, ask))
        return ask

    return register


def require(condition: object, detail: object) -> None:
    """Raise Failed with the detail unless the condition holds."""
    if not condition:
        raise Failed(str(detail))
