"""Puts events onto the log once each: asks the inbox, produces, remembers, in that order and no other.

The events of several receives go together: every look-up, produce and commit costs a few turns between threads, whether it is
for ten events or for a hundred. All queues of a bridge share one intake, so that the same event may come by two of them.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from reptidex.connectors.bridge.arrivals import Arrival
from reptidex.connectors.bridge.ports import Identity, Inbox, Log
from reptidex.errors import UnavailableError

MOST = 200
"""So many events do not wait for others."""
LINGER_S = 0.02
"""So long events wait for others at most, and only while a round is under way."""

Outcome = Literal["published", "repeat"] | Exception
"""What became of an event. The errors are `UnavailableError`, and `ContractError` for what the log never takes."""


class InboxAwayError(UnavailableError):
    """The inbox cannot be asked or written. The event may be on the log: given back, it is produced once more at worst."""


class _Parcel:
    """The events of one caller, and what became of them."""

    __slots__ = ("arrivals", "done", "missing", "outcomes")

    def __init__(self, arrivals: Sequence[Arrival], done: "asyncio.Future[None]") -> None:
        self.arrivals, self.done = arrivals, done
        self.outcomes: list[Outcome] = ["published"] * len(arrivals)
        self.missing = len(arrivals)


_Place = tuple[Arrival, _Parcel, int]


class Intake:
    """The way of events onto the log, for all queues of a bridge."""

    def __init__(self, log: Log, inbox: Inbox, *, step: Callable[[str], None] = lambda point: None) -> None:
        self._log, self._inbox, self._step = log, inbox, step
        self._waiting: list[_Place] = []
        self._working: set[Identity] = set()
        """Events of the rounds under way."""
        self._repeats: dict[Identity, list[_Place]] = {}
        """Repeats of those: they wait for how the first ends."""
        self._rounds: set[asyncio.Task[None]] = set()
        self._lingering: asyncio.TimerHandle | None = None

    async def admit(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """Put events onto the log that are not there yet; return what became of each, once it is so."""
        parcel = _Parcel(arrivals, asyncio.get_running_loop().create_future())
        self._waiting += [(arrival, parcel, place) for place, arrival in enumerate(arrivals)]
        self._consider()
        if arrivals:
            await parcel.done
        return parcel.outcomes

    def _consider(self) -> None:
        """Begin a round where none is under way, or enough wait; the others wait for company, but not for long."""
        if not self._rounds or len(self._waiting) >= MOST:
            self._begin()
        elif self._lingering is None:
            self._lingering = asyncio.get_running_loop().call_later(LINGER_S, self._begin)

    def _begin(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        mine: list[_Place] = []
        for place in waiting:
            # Before the inbox is asked: what is under way now may be remembered, and forgotten here, while it answers.
            identity = place[0].identity
            if identity in self._working:
                self._repeats.setdefault(identity, []).append(place)
            else:
                self._working.add(identity)
                mine.append(place)
        if mine:
            task = asyncio.get_running_loop().create_task(self._round(mine), name="intake")
            self._rounds.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._rounds.discard(task)
        if self._waiting:
            self._consider()

    async def _round(self, mine: list[_Place]) -> None:
        outcomes: list[Outcome] = []
        try:
            outcomes = await self._carry([arrival for arrival, _, _ in mine])
        except Exception as problem:  # noqa: BLE001 - whoever waits for these events hears of it
            outcomes = [problem] * len(mine)
        finally:
            # Cancelled, nothing is known of them.
            outcomes = outcomes or [UnavailableError("the bridge", "it stops")] * len(mine)
            for (arrival, parcel, place), outcome in zip(mine, outcomes, strict=True):
                self._working.discard(arrival.identity)
                if self._repeats:
                    # A repeat asks the inbox in its turn; where this one has failed it is tried in its place.
                    self._waiting += self._repeats.pop(arrival.identity, ())
                parcel.outcomes[place] = outcome
                parcel.missing -= 1
                if not parcel.missing and not parcel.done.done():
                    parcel.done.set_result(None)

    async def _carry(self, arrivals: list[Arrival]) -> list[Outcome]:
        """Deal with events of which each is here once."""
        identities = [arrival.identity for arrival in arrivals]
        try:
            seen = await self._inbox.seen(identities)
        except UnavailableError as problem:
            raise InboxAwayError(problem.part, str(problem)) from problem
        fresh = [arrival for arrival in arrivals if arrival.identity not in seen] if seen else arrivals
        errors = await self._log.put([arrival.said for arrival in fresh]) if fresh else []
        self._step("produced")
        if safe := [arrival.identity for arrival, error in zip(fresh, errors, strict=True) if error is None]:
            try:
                await self._inbox.record(safe)
            except UnavailableError as problem:
                # On the log, but not in our inbox: given back, it is produced once more, and readers drop the repeat.
                away = InboxAwayError(problem.part, str(problem))
                errors = [away if error is None else error for error in errors]
            else:
                self._step("recorded")
        said: list[Outcome] = ["published" if error is None else error for error in errors]
        if len(fresh) == len(arrivals):
            return said
        each = iter(said)
        return ["repeat" if identity in seen else next(each) for identity in identities]
