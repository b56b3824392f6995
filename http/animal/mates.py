"""Which pairs would keep most of a collection's genes."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.lineage import CLOSE
from reptidex.domain.ownership import GONE
from reptidex.domain.studbook.mates import Mating, Strategy, rank_matings
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal.access import admit
from reptidex.http.animal.diversity import shown_animals
from reptidex.http.animal.naming import Named, Names
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.values import Id, Share
from reptidex.tables.animal.lineage import LineageRules
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import lines_of
from reptidex.tables.animal.queries import living_of

routes = Routes("kinship")


class MatesWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom mates are sought: for all of the vivarium's animals of a species, or for one of them."""

    species_id: Id | None = None
    animal_id: Id | None = None
    with_ids: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()
    """Animals of others that are shown and may be used, as a borrowed stud."""
    by: Strategy = "mean_kinship"
    limit: Annotated[int, Meta(ge=1, le=200)] = 20
    most_inbreeding: Share | None = None
    """Pairs above it come last; left out, the vivarium's own limit."""


class MateView(msgspec.Struct, frozen=True, kw_only=True):
    """One pair, with what speaks for it and against it."""

    sire: Named
    dam: Named
    inbreeding: float
    mean_kinship: float
    difference: float
    diversity_change: float
    """What one young adds to the group's gene diversity."""
    reasons: tuple[str, ...]


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """An animal that cannot be bred now."""

    animal: Named
    reason: str


class MatesView(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs, best first."""

    by: str
    limit: float
    pairs: tuple[MateView, ...]
    left_out: tuple[LeftOut, ...]


@routes.post("/lineage/mates", policy=member("keeper", cost=5), errors=(404, 422))
async def suggest_mates(request: Request[MatesWanted, None]) -> MatesView:
    """Rank pairs: of all the vivarium's animals of a species, or of one animal with all others; with the reasons."""
    vivarium_id = await admit(request, "keeper")
    body, read = request.body, request.read
    chosen = await read.get(Animal, body.animal_id) if body.animal_id else None
    if body.animal_id and (chosen is None or chosen.vivarium_id != vivarium_id):
        raise NotFoundError("animal", body.animal_id)
    species_id = chosen.species_id if chosen else body.species_id
    if species_id is None:
        raise InvalidError("name a species or an animal", "/species_id")
    group = await read.find(living_of(vivarium_id, species_id))
    guests = await shown_animals(request, body.with_ids, vivarium_id)
    candidates = {one.animal_id: one for one in (*group, *guests, *((chosen,) if chosen else ()))}
    today = datetime.now(UTC).date()
    unfit = {one: unfit_because(animal, species_id, vivarium_id, today) for one, animal in candidates.items()}
    males, females = _sides([animal for one, animal in candidates.items() if unfit[one] is None], chosen)
    lines = await lines_of(read, candidates)
    rules = await read.get(LineageRules, vivarium_id)
    limit = body.most_inbreeding if body.most_inbreeding is not None else rules.inbreeding_limit if rules else CLOSE
    pairs = await asyncio.to_thread(
        rank_matings,
        lines.pedigree,
        [one.animal_id for one in group] or list(candidates),
        males,
        females,
        strategy=body.by,
        limit=limit,
        most=body.limit,
        given=lines.given,
    )
    names = Names(candidates, vivarium_id)
    return MatesView(
        by=body.by,
        limit=limit,
        pairs=tuple(_pair(one, names) for one in pairs),
        left_out=tuple(
            LeftOut(animal=names(one), reason=reason) for one, reason in sorted(unfit.items()) if reason is not None
        ),
    )


def unfit_because(animal: Animal, species_id: str, vivarium_id: str, today: date) -> str | None:
    """Say why an animal cannot be bred now; None where it can."""
    if animal.status in GONE or animal.placeholder:
        return "a placeholder" if animal.placeholder else animal.status
    if animal.species_id != species_id:
        return "of another species"
    if animal.sex == "unknown":
        return "its sex is not recorded"
    if animal.held_by is not None:
        # Whether somebody else's animal is being sold is not ours to say.
        return "held for a sale" if animal.vivarium_id == vivarium_id else "not available"
    youngest = today - timedelta(days=need_species(species_id).maturity_days)
    if animal.born_on is not None and animal.born_on > youngest:
        return "too young"
    return None


def _sides(fit: list[Animal], chosen: Animal | None) -> tuple[list[str], list[str]]:
    """Return the males and the females to be paired."""
    sides = {sex: sorted(one.animal_id for one in fit if one.sex == sex) for sex in ("male", "female")}
    if chosen is not None:
        sides[chosen.sex] = [one for one in sides.get(chosen.sex, []) if one == chosen.animal_id]
    return sides["male"], sides["female"]


def _pair(one: Mating, names: Names) -> MateView:
    return MateView(
        sire=names(one.sire_id),
        dam=names(one.dam_id),
        inbreeding=one.inbreeding,
        mean_kinship=one.mean_kinship,
        difference=one.difference,
        diversity_change=one.diversity_change,
        reasons=one.reasons,
    )
