"""What repti-animal remembers of pairings and clutches."""

from datetime import date, datetime
from typing import Literal

from reptidex.streams.values import Outcome, Ratio, Visibility, WelfareFlag
from reptidex.tables.row import Row, stored


@stored("pairings", key="pairing_id", indexes=(("vivarium_id", "pairing_id"), ("dam_id",)))
class Pairing(Row, frozen=True, kw_only=True):
    """A dam and the sires that she was put together with in a season."""

    pairing_id: str
    vivarium_id: str
    dam_id: str
    candidate_sire_ids: tuple[str, ...]
    species_id: str
    season: str
    paired_on: date | None = None
    visibility: Visibility = "private"
    outcomes: tuple[Outcome, ...] = ()
    egg_loss: Ratio
    warnings: tuple[WelfareFlag, ...] = ()
    notes: tuple[str, ...] = ()
    predicted_inbreeding: Ratio
    """The highest among the candidates."""
    created_at: datetime


@stored("clutches", key="clutch_id", indexes=(("vivarium_id", "clutch_id"), ("dam_id",), ("pairing_id",)))
class Clutch(Row, frozen=True, kw_only=True):
    """A clutch of eggs, or a litter."""

    clutch_id: str
    vivarium_id: str
    pairing_id: str | None = None
    dam_id: str
    candidate_sire_ids: tuple[str, ...] = ()
    species_id: str
    species: str
    kind: Literal["eggs", "litter"] = "eggs"
    laid_on: date
    laid: int
    fertile: int = 0
    slugs: int = 0
    due_from: date | None = None
    due_until: date | None = None
    status: Literal["incubating", "hatching", "hatched", "lost"] = "incubating"
    visibility: Visibility = "private"
    hatched: int = 0
    dead_in_egg: int = 0
    hatched_on: date | None = None
    created_at: datetime
