"""What a manifest says of a projection: which rows it is, who makes them, and what follows a new generation."""

import msgspec

from reptidex.agents.agent import Agent
from reptidex.streams.contract import Command
from reptidex.tables.projection import Part


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a service that `reptidex replay` can build from the log again, beside the live ones.

    Its agents hear events only, read and write no rows but those of `parts`, and bear events of different topics in any
    order; what they publish, their effects and their timers come to nothing during a replay.
    """

    name: str
    why: str
    parts: tuple[Part, ...]
    agents: tuple[Agent, ...]
    then: tuple[Command, ...] = ()
    """Commands of the service that are carried out once a new generation is live."""
