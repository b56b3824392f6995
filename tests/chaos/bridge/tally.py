"""A service that counts what comes in by the bridge: the engine's own worker, so repeats are dropped as everywhere."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from reptidex.agents.agent import Agent, Carrier, Unit, agent
from reptidex.streams.animal import AnimalCreated
from reptidex.streams.commerce import OrderCreated
from reptidex.streams.contract import Command
from reptidex.tables.reader import Reader
from reptidex.tables.row import Row, stored


@stored("tallies", key="subject", service="tally")
class Tally(Row, frozen=True, kw_only=True):
    """What was heard of one aggregate."""

    subject: str
    times: int = 0
    last: int = 0
    """Its last version."""
    backwards: int = 0
    """How often a version came after a later one."""


@agent(OrderCreated, AnimalCreated, prefetch={Tally: lambda message: [message.key]})
async def count(message: OrderCreated | AnimalCreated, unit: Unit) -> None:
    """Count an event of an aggregate."""
    known = await unit.get(Tally, message.key) or Tally(subject=message.key)
    version = unit.cause.version
    back = known.backwards + (version <= known.last)
    unit.put(msgspec.structs.replace(known, times=known.times + 1, last=version, backwards=back))


class TallyService(msgspec.Struct, frozen=True):
    """The manifest."""

    name: str = "repti-tally"
    short: str = "tally"
    agents: tuple[Agent, ...] = (count,)
    carriers: tuple[Carrier, ...] = ()
    at_start: tuple[Command, ...] = ()
    refresh: Callable[[Reader], Awaitable[None]] | None = None

    async def connect(self, settings: Any) -> Any:
        """Connect to nothing."""
        return None
