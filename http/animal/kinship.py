"""How animals are related, how inbred they and their would-be young are, and what that rests on."""

import asyncio
from collections.abc import Sequence
from math import sqrt
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.ancestry import Ancestry
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.kinship import Parents
from reptidex.domain.lineage import CLOSE, Known, judge
from reptidex.domain.ownership import GONE
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal.access import Asked, admit, seen_animal
from reptidex.http.animal.kinship_shapes import Basis, Carried, Explained, basis, carried, exact, explained
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import Remarked
from reptidex.streams.values import Id, Ratio
from reptidex.tables.animal.lineage import Descent, LineageRules
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import lines_of
from reptidex.tables.animal.relatives import relative

routes = Routes("kinship")

Generations = Annotated[int, Meta(ge=1, le=100)]


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """How far back a question goes."""

    generations: Generations | None = None
    """How many generations of ancestors count, along the longest line to each; left out, all that are known."""
    explain: bool = False


class InbreedingView(msgspec.Struct, frozen=True, kw_only=True):
    """Wright's F of an animal."""

    animal_id: str
    inbreeding: float
    inbreeding_exact: Ratio | None
    """None where it was not worked out in fractions: without `explain`, or with too many ancestors."""
    given: float | None
    """F of a founder, as its keeper knows it."""
    longest_line: int
    complete_generations: float
    basis: Basis | None = None
    explained: Explained | None = None


class KinshipView(msgspec.Struct, frozen=True, kw_only=True):
    """How two animals are related."""

    animal_id: str
    other_id: str
    kinship: float
    """Malécot's coefficient: the inbreeding of young of the two."""
    kinship_exact: Ratio | None
    relationship: float
    """Wright's coefficient of relationship: 1/2 for parent and young or full siblings, where nobody is inbred."""
    inbreeding: tuple[float, float]
    basis: tuple[Basis, Basis]
    explained: Explained


class TrialMating(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pair that is only thought of."""

    sire_id: Id
    dam_id: Id
    generations: Generations | None = None


class TrialView(msgspec.Struct, frozen=True, kw_only=True):
    """What young of a pair would be."""

    sire_id: str
    dam_id: str
    inbreeding: float
    inbreeding_exact: Ratio | None
    limit: float
    """The inbreeding from which the vivarium wants to be warned."""
    above_limit: bool
    basis: Basis
    explained: Explained
    remarks: tuple[Remarked, ...]
    """What speaks against the pair by the rules for parents, and whether either is held, dead or archived."""


@routes.get("/animals/{animal_id}/inbreeding", policy=public(cost=2), errors=(404, 422))
async def get_inbreeding(request: Request[None, Depth]) -> InbreedingView:
    """Show how inbred an animal is; with `explain=true` by which ancestors and lines, and what the figure rests on."""
    animal, looking = await seen_animal(request)
    asked = request.query
    place = await request.read.get(Descent, animal.animal_id)
    if place is not None and place.inbreeding is not None and not asked.explain and asked.generations is None:
        return InbreedingView(
            animal_id=animal.animal_id,
            inbreeding=place.inbreeding,
            inbreeding_exact=None,
            given=place.given_inbreeding,
            longest_line=place.generation,
            complete_generations=place.equivalents,
        )
    ancestry = await _ancestry(request, [animal.animal_id], animal.animal_id, asked.generations)
    rests = basis(ancestry, animal.animal_id, asked.generations)
    found = await asyncio.to_thread(ancestry.inbreeding, animal.animal_id)
    sire, dam = ancestry.pedigree.get(animal.animal_id, (None, None))
    told = Explained(text=_words(found.value, rests, bool(sire and dam)))
    if sire and dam and asked.explain:
        what = await asyncio.to_thread(carried, ancestry, sire, dam, animal.animal_id)
        told = await explained(request.read, what, looking, told.text)
    return InbreedingView(
        animal_id=animal.animal_id,
        inbreeding=found.value,
        inbreeding_exact=exact(found),
        given=place.given_inbreeding if place else None,
        longest_line=rests.longest_line,
        complete_generations=rests.complete_generations,
        basis=rests,
        explained=told if asked.explain else None,
    )


@routes.get("/animals/{animal_id}/kinship/{other_id}", policy=public(cost=2), errors=(404,))
async def get_kinship(request: Request[None, None]) -> KinshipView:
    """Show how two animals are related, by which common ancestors and lines."""
    animal, looking = await seen_animal(request)
    other = await _other(request, request.path["other_id"], looking)
    pair = (animal.animal_id, other.animal_id)
    ancestry = await _ancestry(request, pair, None, None)
    return await _kinship(request, ancestry, pair, looking)


@routes.get("/animals/{animal_id}/common-ancestors/{other_id}", policy=public(cost=2), errors=(404,))
async def get_common_ancestors(request: Request[None, None]) -> Explained:
    """List the ancestors that two animals share, those that carry most of their kinship first."""
    animal, looking = await seen_animal(request)
    other = await _other(request, request.path["other_id"], looking)
    pair = (animal.animal_id, other.animal_id)
    return (await _kinship(request, await _ancestry(request, pair, None, None), pair, looking)).explained


async def _kinship(
    request: Request[None, None], ancestry: Ancestry, pair: tuple[str, str], looking: str
) -> KinshipView:
    one, other = pair
    found = await asyncio.to_thread(ancestry.kinship, one, other)
    own = (ancestry.inbreeding(one).value, ancestry.inbreeding(other).value)
    rests = (basis(ancestry, one, None), basis(ancestry, other, None))
    text = _words(found.value, rests[0], True)
    what = await asyncio.to_thread(carried, ancestry, one, other)
    return KinshipView(
        animal_id=one,
        other_id=other,
        kinship=found.value,
        kinship_exact=exact(found),
        relationship=2 * found.value / sqrt((1 + own[0]) * (1 + own[1])),
        inbreeding=own,
        basis=rests,
        explained=await explained(request.read, what, looking, text),
    )


@routes.post("/lineage/trial-mating", policy=member("keeper"), errors=(404, 422))
async def try_mating(request: Request[TrialMating, None]) -> TrialView:
    """Show how inbred young of a pair would be, what carries it, and what speaks against the pair. Nothing is recorded."""
    vivarium_id = await admit(request, "keeper")
    body = request.body
    if body.sire_id == body.dam_id:
        raise InvalidError("a pair is two animals", "/dam_id")
    sire = await _other(request, body.sire_id, vivarium_id)
    dam = await _other(request, body.dam_id, vivarium_id)
    young = request.new_id()
    ancestry = await _ancestry(
        request, (sire.animal_id, dam.animal_id), young, body.generations, (sire.animal_id, dam.animal_id)
    )
    found = await asyncio.to_thread(ancestry.inbreeding, young)
    rests = basis(ancestry, young, body.generations)
    what = await asyncio.to_thread(_carried_young, ancestry, young)
    rules = await request.read.get(LineageRules, vivarium_id)
    limit = rules.inbreeding_limit if rules else CLOSE
    return TrialView(
        sire_id=sire.animal_id,
        dam_id=dam.animal_id,
        inbreeding=found.value,
        inbreeding_exact=exact(found),
        limit=limit,
        above_limit=found.value >= limit,
        basis=rests,
        explained=await explained(request.read, what, vivarium_id, _words(found.value, rests, True)),
        remarks=tuple(_against(sire, dam, young, vivarium_id, found.value, limit)),
    )


def _carried_young(ancestry: Ancestry, young: str) -> Carried:
    sire, dam = ancestry.pedigree[young]
    assert sire is not None and dam is not None
    return carried(ancestry, sire, dam, young)


def _against(sire: Animal, dam: Animal, young: str, vivarium_id: str, found: float, limit: float) -> list[Remarked]:
    species = need_species(dam.species_id)
    child = msgspec.structs.replace(
        relative(dam),
        animal_id=young,
        sex="unknown",
        born_on=None,
        genotype={},
        vivarium_id=vivarium_id,
        placeholder=False,
        died_on=None,
    )
    known = Known(limit=limit, inbreeding=found)
    remarks = [
        Remarked(rule=one.rule, severity=one.severity, text=one.text, animal_ids=one.animal_ids)
        for one in judge(child, relative(sire), relative(dam), species, {}, known)
        if one.rule != "birth_unknown"
    ]
    for role, parent in (("sire", sire), ("dam", dam)):
        if parent.status in GONE:
            text = f"the {role} is {parent.status}"
            remarks.append(Remarked(rule="gone", severity="warning", text=text, animal_ids=(parent.animal_id,)))
        if parent.held_by is not None and parent.vivarium_id == vivarium_id:
            text = f"the {role} is held for a sale"
            remarks.append(Remarked(rule="held", severity="warning", text=text, animal_ids=(parent.animal_id,)))
    return remarks


async def _other(request: Asked, animal_id: str, looking: str) -> Animal:
    """Return an animal that the caller may name. Raises `NotFoundError`, for one that is hidden too."""
    animal = await request.read.get(Animal, animal_id)
    if animal is None or not shows_name(sight(animal.visibility, animal.vivarium_id, looking)):
        raise NotFoundError("animal", animal_id)
    return animal


async def _ancestry(
    request: Asked,
    animals: Sequence[str],
    subject: str | None,
    generations: int | None,
    parents: Parents | None = None,
) -> Ancestry:
    """Return animals with their ancestors: all, or so many generations of a subject, which may be young only thought of."""
    lines = await lines_of(request.read, animals)
    ancestry = lines.ancestry({subject: parents} if subject and parents else None)
    return ancestry.cut(subject, generations) if subject and generations else ancestry


def _words(found: float, rests: Basis, both: bool) -> str:
    """Say in a sentence what a figure rests on."""
    used = f"{rests.known_ancestors} known ancestors over up to {rests.longest_line} generations"
    complete = f"as much as {rests.complete_generations:.3g} complete ones"
    if not both:
        return f"A parent is unknown, so nothing is known of inbreeding; {used}."
    if not found:
        return f"No common ancestor is known among {used}, {complete}."
    return f"{found:.4g} by {used}, {complete}; what is unknown could only add to it."
