"""What a manifest says of a service, as data: what it owns, says, hears, asks and serves."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from reptidex.agents.agent import Agent, Carrier
from reptidex.agents.projection import Projection
from reptidex.http.server.routes import Routes
from reptidex.settings import Settings
from reptidex.streams.contract import Command, Event
from reptidex.tables.reader import Reader


async def no_ports(settings: Settings) -> Any:
    """Build no connectors, for a service that talks to nobody outside."""
    return None


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service: what it is called, says, hears, asks, and the parts that do it."""

    name: str
    """`repti-animal`"""
    port: int
    database: str
    purpose: str
    publishes: tuple[type[Event], ...]
    hears: Mapping[type[Event], str]
    """Each event with the reason, in a few words; the two catch-alls (core, ops) add `everything`."""
    hears_everything: str = ""
    """The reason why the service hears every event of the platform; empty where it does not."""
    asks: Mapping[str, str] = {}
    """The services that it calls over REST, each with what for."""
    agents: tuple[Agent, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    views: Sequence[Routes] = ()
    at_start: tuple[Command, ...] = ()
    """Commands that a worker sends to its own service each time it starts; their handlers bear repetition."""
    refresh: Callable[[Reader], Awaitable[None]] | None = None
    """Brings reference data that the service keeps in memory up to its database: run before a worker takes its first record,
    and every two seconds after that, since another worker may have changed it."""
    projections: tuple[Projection, ...] = ()
    """Rows that `reptidex replay` can build from the log again."""
    connect: Callable[[Settings], Awaitable[Any]] = no_ports
    """Builds the service's connectors; what it returns is `unit`'s `call.ports` and `request.ports`. May have `aclose()`."""

    @property
    def short(self) -> str:
        """`animal`"""
        return self.name.removeprefix("repti-")
