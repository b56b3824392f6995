"""Plans over several generations, from one's own animals to what is wanted."""

import asyncio
from fractions import Fraction
from math import ceil
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.plan import Plan, Step
from reptidex.domain.genetics.plans import MOST_GENERATIONS, plans
from reptidex.domain.genetics.targets import Target
from reptidex.domain.kinship import Parents
from reptidex.errors import InvalidError
from reptidex.http.animal.access import admit
from reptidex.http.animal.targets import (
    NINE_TENTHS,
    Wanted,
    eggs_or_none,
    flags_of,
    genotype_name,
    stock_of,
    target_of,
)
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.values import Gene, Id, Ratio, WelfareFlag
from reptidex.tables.animal.genetics_queries import breeding_stock
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import Lines, lines_of
from reptidex.tables.animal.queries import fetch
from reptidex.tables.animal.relatives import ratio, welfare_of

routes = Routes("genetics")


class NewPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to hatch in the end, and from which animals."""

    species_id: Id
    target: Wanted
    animal_ids: Annotated[tuple[Id, ...], Meta(max_length=60)] = ()
    """Left out: all animals of the vivarium that carry something of it."""
    generations: Annotated[int, Meta(ge=1, le=MOST_GENERATIONS)] = 3
    maturity_days: Annotated[int, Meta(ge=1, le=7300)] | None = None
    """The age at which young are bred on; left out: the species' own, where the catalogue has one."""
    limit: Annotated[int, Meta(ge=1, le=20)] = 5


class KeptView(msgspec.Struct, frozen=True, kw_only=True):
    """A young that the next step needs."""

    young: str
    sex: str
    carries: str
    genotype: tuple[Gene, ...]
    share: Ratio
    known_by_look: Ratio
    """How likely a young that looks like this carries just this; below 1 it takes a test, or breeding, to know."""


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One cross of a plan."""

    generation: int
    sire: str
    dam: str
    keeps: tuple[KeptView, ...]
    share: Ratio
    expected_eggs: float
    eggs_for_nine_tenths: int | None
    """For the target; in earlier steps, for one young of the rarest kind that is kept."""
    expected_clutches: float | None
    inbreeding: Ratio
    """Of the step's young."""


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A way to the target."""

    generations: int
    expected_eggs: float
    years: float | None
    """Incubation and growing up, one after the other; None where neither the catalogue nor the request says how long."""
    chance: Ratio
    """That everything holds which the plan takes for granted."""
    assumptions: tuple[str, ...]
    steps: tuple[StepView, ...]
    warnings: tuple[WelfareFlag, ...]


class PlansView(msgspec.Struct, frozen=True, kw_only=True):
    """The shortest ways to the target, and longer ones that take fewer eggs."""

    target: str
    plans: tuple[PlanView, ...]
    notes: tuple[str, ...]


@routes.post("/genetics/plans", policy=member("keeper", cost=20), errors=(404, 422))
async def plan_ahead(request: Request[NewPlan, None]) -> PlansView:
    """Plan several generations: the shortest ways from the vivarium's animals to a target, with eggs, years and inbreeding."""
    vivarium_id = await admit(request, "keeper")
    body = request.body
    species = need_species(body.species_id)
    target = target_of(species, body.target)
    animals = await _chosen(request, vivarium_id, body, target)
    stock = stock_of(species, animals.values())
    found = await asyncio.to_thread(plans, species.by_locus, target, stock, body.generations, body.limit)
    used = {one for plan in found for step in plan.steps for one in (step.sire_id, step.dam_id) if one in animals}
    lines = await lines_of(request.read, used)
    days = body.maturity_days or species.maturity_days or None
    return PlansView(
        target=genotype_name(species, target.pairs),
        plans=tuple([await asyncio.to_thread(_plan, species, one, animals, lines, days) for one in found]),
        notes=(
            "young are chosen by what they carry; where their look does not tell, `known_by_look` says how likely it is",
            "of each generation only the most promising young are bred on in the search",
            "animals whose sex is not recorded are left out",
        ),
    )


async def _chosen(
    request: Request[NewPlan, None], vivarium_id: str, body: NewPlan, target: Target
) -> dict[str, Animal]:
    """Return the animals that a plan may begin with. Raises `InvalidError`, for another's animal too."""
    if body.animal_ids:
        named = await fetch(request.read, body.animal_ids)
        for place, key in enumerate(body.animal_ids):
            one = named.get(key)
            if one is None or one.vivarium_id != vivarium_id or one.species_id != body.species_id:
                raise InvalidError(
                    f"there is no such animal of this species in this vivarium: {key}", f"/animal_ids/{place}"
                )
        return named
    every = await request.read.find(breeding_stock(vivarium_id, body.species_id))
    bearing = [one for one in every if any(gene.locus in target.pairs for gene in one.genotype)]
    plain = [one for one in every if one not in bearing]
    few = [one for sex in ("male", "female") for one in plain if one.sex == sex][:6]
    return {one.animal_id: one for one in [*bearing[:54], *few]}


def _plan(species: Species, plan: Plan, animals: dict[str, Animal], lines: Lines, days: int | None) -> PlanView:
    young: dict[str, Parents] = {f"young of {n}": (step.sire_id, step.dam_id) for n, step in enumerate(plan.steps)}
    young |= {kept.young_id: (step.sire_id, step.dam_id) for step in plan.steps for kept in step.keeps}
    ancestry = lines.ancestry(young)
    steps = []
    flags: dict[WelfareFlag, None] = {}
    for number, step in enumerate(plan.steps):
        steps.append(_step(species, step, animals, ancestry.inbreeding(f"young of {number}").fraction))
        for parent in (step.sire_id, step.dam_id):
            if parent in animals:
                flags |= dict.fromkeys(welfare_of(species, animals[parent]))
        for kept in step.keeps:
            flags |= dict.fromkeys(flags_of(species, kept.genotype))
    incubation = sum(species.incubation_days) / 2 if species.incubation_days else 0.0
    years = (plan.generations * incubation + (plan.generations - 1) * days) / 365.25 if days else None
    if plan.generations == 1 and species.incubation_days:
        years = incubation / 365.25
    return PlanView(
        generations=plan.generations,
        expected_eggs=float(plan.expected_eggs),
        years=round(years, 2) if years is not None else None,
        chance=ratio(plan.chance),
        assumptions=tuple(
            f"{animals[one.animal_id].code} carries {genotype_name(species, one.genotype)} ({one.chance})"
            for one in plan.assumptions
        ),
        steps=tuple(steps),
        warnings=tuple(flags),
    )


def _step(species: Species, step: Step, animals: dict[str, Animal], inbreeding: Fraction) -> StepView:
    rarest = min((kept.share for kept in step.keeps), default=step.share)
    size = sum(species.clutch_size) / 2 if species.clutch_size else None
    return StepView(
        generation=step.generation,
        sire=_called(step.sire_id, animals),
        dam=_called(step.dam_id, animals),
        keeps=tuple(
            KeptView(
                young=kept.young_id,
                sex=kept.sex,
                carries=genotype_name(species, kept.genotype),
                genotype=tuple(Gene(locus=locus, alleles=pair) for locus, pair in kept.genotype.items()),
                share=ratio(kept.share),
                known_by_look=ratio(kept.known_by_look),
            )
            for kept in step.keeps
        ),
        share=ratio(step.share),
        expected_eggs=float(step.expected_eggs),
        eggs_for_nine_tenths=eggs_or_none(rarest, NINE_TENTHS, 1),
        expected_clutches=float(ceil(step.expected_eggs / Fraction(size))) if size else None,
        inbreeding=ratio(inbreeding),
    )


def _called(key: str, animals: dict[str, Animal]) -> str:
    return f"{animals[key].code} {animals[key].name}".strip() if key in animals else key
