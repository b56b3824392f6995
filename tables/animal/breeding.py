"""What repti-animal remembers of seasons, pairings, clutches and of who may read the calendar."""

from datetime import date, datetime
from typing import Literal

from reptidex.domain.breeding.stages import Seen
from reptidex.streams.commands.animal_breeding import Candling, Incubation
from reptidex.streams.values import Gene, Outcome, Ratio, Visibility, WelfareFlag
from reptidex.tables.row import Row, stored


@stored("seasons", key="season_id", indexes=(("vivarium_id", "from_on"),), unique=(("vivarium_id", "name"),))
class Season(Row, frozen=True, kw_only=True):
    """A breeding season of a vivarium, with what it hopes for."""

    season_id: str
    vivarium_id: str
    name: str
    from_on: date
    until_on: date
    clutches_wanted: int | None = None
    hatchlings_wanted: int | None = None
    notes: str = ""
    created_at: datetime
    updated_at: datetime


@stored(
    "pairings",
    key="pairing_id",
    indexes=(("vivarium_id", "pairing_id"), ("dam_id",), ("season_id",)),
)
class Pairing(Row, frozen=True, kw_only=True):
    """A dam and the sires that she was put together with in a season."""

    pairing_id: str
    vivarium_id: str
    dam_id: str
    candidate_sire_ids: tuple[str, ...]
    species_id: str
    season: str
    season_id: str | None = None
    """The season as an object of its own, where there is one of this name."""
    status: Literal["planned", "active", "ended", "cancelled"] = "active"
    paired_on: date | None = None
    ended_on: date | None = None
    visibility: Visibility = "private"
    outcomes: tuple[Outcome, ...] = ()
    egg_loss: Ratio
    warnings: tuple[WelfareFlag, ...] = ()
    notes: tuple[str, ...] = ()
    predicted_inbreeding: Ratio
    """The highest among the candidates."""
    remark: str = ""
    created_at: datetime
    updated_at: datetime | None = None


@stored("breeding_notes", key="note_id", indexes=(("pairing_id", "on_day"), ("vivarium_id", "on_day")))
class BreedingNote(Row, frozen=True, kw_only=True):
    """Something that was seen of a pairing on a day."""

    note_id: str
    pairing_id: str
    vivarium_id: str
    kind: Seen
    on_day: date
    sire_id: str | None = None
    text: str = ""
    recorded_by: str | None = None
    recorded_at: datetime


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
    """Of a litter: the day of birth."""
    laid: int
    """Of a litter: everything that was born, stillborn and unfertilised ova included."""
    fertile: int = 0
    fertile_counted: bool = False
    """Whether a keeper counted the fertile eggs; else the figure follows from what hatched or died."""
    slugs: int = 0
    due_from: date | None = None
    due_until: date | None = None
    due_told: Literal["", "open", "over"] = ""
    """What of the due window has been told to the platform."""
    incubation: tuple[Incubation, ...] = ()
    """From laying on, each move an entry; the last one holds now."""
    candlings: tuple[Candling, ...] = ()
    status: Literal["incubating", "hatching", "hatched", "lost"] = "incubating"
    visibility: Visibility = "private"
    hatched: int = 0
    dead_in_egg: int = 0
    """Of a litter: stillborn."""
    first_hatched_on: date | None = None
    hatched_on: date | None = None
    """The last day on which some hatched."""
    dam_genotype: tuple[Gene, ...] = ()
    """As it was recorded when the clutch was; what hatches later must not foretell itself."""
    sire_genotypes: dict[str, tuple[Gene, ...]] = {}
    """By candidate, likewise."""
    created_at: datetime
    updated_at: datetime | None = None


@stored("calendar_feeds", key="feed_id", indexes=(("vivarium_id",),))
class CalendarFeed(Row, frozen=True, kw_only=True):
    """Leave to read a vivarium's breeding calendar without signing in. Only a digest of the secret is kept."""

    feed_id: str
    vivarium_id: str
    name: str
    secret_hash: str
    created_by: str | None = None
    created_at: datetime
    revoked_at: datetime | None = None
