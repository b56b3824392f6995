"""Projections: rows that the log tells of, so that they can be built from it again, and which generation of them is live."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from reptidex.errors import ReptidexError
from reptidex.tables.row import Condition, Row, stored

Carried = Mapping[str, Callable[[Any, Any], Any]]
"""By column: what it holds after the switch, as an expression of the live row's columns and the rebuilt row's."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a projection, and what of it the log cannot tell."""

    row: type[Row]
    told: Callable[[Any], Condition] | None = None
    """Which rows the log tells of, by their columns; the others stay as they are. None: all of them."""
    carried: Carried = {}
    """Columns that do not come from the log. The expressions must give the same when they are applied twice."""
    carried_when_cut: Carried = {}
    """As `carried`, where the log no longer reaches back to its beginning."""


@stored("projections", key="name")
class ProjectionRow(Row, frozen=True, kw_only=True):
    """Which generation of a projection is live; no row: the first, which grew with the service."""

    name: str
    generation: int
    offsets: int
    """Over how many offsets of the log it was built."""
    origin: str
    """Where in the log its building began: `earliest`, a time, or `offsets`."""
    switched_at: datetime


@stored("builds", key="name", service="replay")
class BuildRow(Row, frozen=True, kw_only=True):
    """A generation that is being built. It stands beside the service's own tables, and goes with them."""

    name: str
    generation: int
    """What it is to be. Where that is live already, a replay was killed between its switch and the clearing up."""
    begun_at: datetime
    origin: str
    fingerprint: str
    """Changes with the tables and the handlers: what another version began is begun anew."""
    starts: dict[str, dict[int, int]]
    """By topic and partition, the offset at which its reading began."""
    cut: bool
    """Whether something before that is missing: rows that only the live generation knows are then kept."""


class ReplayError(ReptidexError):
    """A replay cannot go on; the text says why, and what would help."""

    status = 409
    title = "The replay cannot go on"
