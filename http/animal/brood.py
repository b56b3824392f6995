"""Clutches and their figures as they are shown."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from reptidex.domain.breeding.stages import Foretold, foretell, latest
from reptidex.domain.catalogue.shelf import need_species
from reptidex.streams.commands.animal_breeding import Candling, Incubation
from reptidex.tables.animal.breeding import BreedingNote, Clutch, Pairing


class ClutchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A clutch of eggs, or a litter, as it stands."""

    clutch_id: str
    vivarium_id: str
    pairing_id: str | None
    dam_id: str
    candidate_sire_ids: tuple[str, ...]
    species_id: str
    species: str
    kind: str
    laid_on: date
    laid: int
    fertile: int
    fertile_counted: bool
    """Whether a keeper counted the fertile eggs; else the figure follows from what hatched or died."""
    slugs: int
    due_from: date | None
    due_until: date | None
    incubation: tuple[Incubation, ...]
    candlings: tuple[Candling, ...]
    status: str
    visibility: str
    hatched: int
    dead_in_egg: int
    first_hatched_on: date | None
    hatched_on: date | None
    created_at: datetime


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A share with what it is a share of."""

    numerator: int
    denominator: int
    of: str
    value: float | None
    """None where the denominator is 0."""


class RatesView(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the eggs came to what; each rate names its denominator."""

    clutches: int
    laid: int
    fertile: int
    slugs: int
    dead_in_egg: int
    hatched: int
    pending: int
    """Eggs of clutches that are not finished, of which nothing is known yet. They are in the denominators too."""
    fertility: Rate
    hatch_rate: Rate
    yield_rate: Rate


def clutch_facts(clutch: Clutch) -> ClutchFacts:
    """Show a clutch as it stands."""
    return ClutchFacts(**{name: getattr(clutch, name) for name in ClutchFacts.__struct_fields__})


def rates(clutches: Sequence[Clutch]) -> RatesView:
    """Sum up clutches; those of litters and of eggs alike."""
    names = ("laid", "fertile", "slugs", "dead_in_egg", "hatched")
    total = {name: sum(getattr(one, name) for one in clutches) for name in names}
    going = [one for one in clutches if one.status in ("incubating", "hatching")]
    pending = sum(max(0, one.laid - one.slugs - one.hatched - one.dead_in_egg) for one in going)
    return RatesView(
        clutches=len(clutches),
        **total,
        pending=pending,
        fertility=_rate(total["fertile"], total["laid"], "eggs laid"),
        hatch_rate=_rate(total["hatched"], total["fertile"], "fertile eggs laid"),
        yield_rate=_rate(total["hatched"], total["laid"], "eggs laid"),
    )


def _rate(numerator: int, denominator: int, of: str) -> Rate:
    value = numerator / denominator if denominator else None
    return Rate(numerator=numerator, denominator=denominator, of=of, value=value)


def expected(pairing: Pairing, notes: Sequence[BreedingNote], laid: Sequence[Clutch]) -> list[Foretold]:
    """Foretell what comes next of a pairing; notes from before its last clutch are spent."""
    if pairing.status not in ("active", "ended"):
        return []
    last = max((clutch.laid_on for clutch in laid), default=None)
    fresh = [(note.kind, note.on_day) for note in notes if last is None or note.on_day > last]
    return foretell(need_species(pairing.species_id), latest(fresh))
