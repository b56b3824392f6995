"""What a replay tells of itself, by what it knows its own traces again, and what it leaves to be done."""

import sys
from datetime import datetime
from hashlib import sha256
from inspect import getsource
from typing import Protocol

import msgspec

from reptidex.agents.engine.identity import derived_id
from reptidex.agents.engine.ownership import partitioner
from reptidex.agents.projection import Projection
from reptidex.streams import codec
from reptidex.streams.envelope import enveloped
from reptidex.tables.comparing import Comparison
from reptidex.tables.positions import positions
from reptidex.tables.timers import TimerRow


class Watch(Protocol):
    """Hears how a replay goes on; a person may be looking."""

    def phase(self, name: str, total: int) -> None:
        """A new part of the work begins; it is over after so many steps (offsets, or rows)."""

    def step(self, count: int) -> None:
        """So many steps more are done."""

    def note(self, text: str) -> None:
        """Something worth a line."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a replay."""

    projection: str
    generation: int
    """The one that was built."""
    outcome: str
    """`switched`, `alike` (compared, thrown away) or `differs` (compared, kept beside)."""
    origin: str
    resumed: bool
    cut: bool
    """The log does not tell of everything: rows that only the live generation knew were kept."""
    events: int
    """Handled in this run."""
    seconds: float
    standstill_ms: float = 0.0
    """For how long no worker could commit."""
    rows: dict[str, int]
    comparison: Comparison | None = None


def fingerprint(projection: Projection) -> str:
    """Return a digest of the tables that are built, and of the modules of the handlers."""
    modules = sorted({agent.handle.__module__ for agent in projection.agents})
    told = [getsource(sys.modules[name]) for name in modules]
    tables = (positions, *(part.row.sql for part in projection.parts))
    told += [repr((table.name, [repr(column) for column in table.columns])) for table in tables]
    return sha256("\n".join(told).encode()).hexdigest()


def follow_ups(service: str, projection: Projection, generation: int, now: datetime, partitions: int) -> list[TimerRow]:
    """Return the commands that follow a switch, as timers that are due: they are committed with it, and carried out once."""
    rows = []
    for number, command in enumerate(projection.then):
        name = f"replay/{projection.name}/{generation}/{number}"
        envelope = enveloped(command, derived_id(f"{service}/{name}", now), now, actor=f"service:repti-{service}")
        partition = partitioner(partitions)(command.key)
        rows.append(TimerRow(name=name, due=now, partition=partition, command=codec.encode(envelope)))
    return rows
