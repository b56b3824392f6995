"""What a collection still holds of its founders' genes."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.studbook.diversity import Contribution, diversity
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal.access import Asked, admit
from reptidex.http.animal.naming import Named, Names
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.values import Id
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import Lines, lines_of, lines_of_vivarium
from reptidex.tables.animal.queries import fetch, living_of

routes = Routes("kinship")

LISTED = 50
"""Founders, ancestors and animals named in one answer; figures count all."""


class OfSpecies(msgspec.Struct, frozen=True, kw_only=True):
    """Whose diversity is asked for: the vivarium's living animals of a species."""

    species_id: Id


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chosen group of animals of one species, one's own or others' that are shown."""

    animal_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=2000)]


class Contributor(msgspec.Struct, frozen=True, kw_only=True):
    """An ancestor and what of the group's genes it accounts for."""

    ancestor: Named
    share: float
    marginal: float
    """What it explains that no ancestor before it does (Boichard et al. 1997)."""


class MemberKinship(msgspec.Struct, frozen=True, kw_only=True):
    """One animal of the group; a low mean kinship says that its genes are rare in it."""

    animal: Named
    inbreeding: float
    mean_kinship: float


class DiversityView(msgspec.Struct, frozen=True, kw_only=True):
    """The genetic variability of a group, relative to its founders, who are taken as unrelated."""

    animals: int
    mean_inbreeding: float
    mean_kinship: float
    gene_diversity: float
    founder_genome_equivalents: float | None
    effective_founders: float
    effective_ancestors: float
    effective_ancestors_least: float
    """The least it can be where the ancestors named do not account for all."""
    explained: float
    """The share of the genes that the ancestors listed for `effective_ancestors` account for."""
    founders: int
    complete_generations: float
    """The mean of the animals' complete generation equivalents: how far the figures can be trusted."""
    top_founders: tuple[Contributor, ...]
    top_ancestors: tuple[Contributor, ...]
    members: tuple[MemberKinship, ...]
    """Those with the rarest genes first."""


@routes.get("/lineage/diversity", policy=member("keeper", cost=5), errors=(422,))
async def vivarium_diversity(request: Request[None, OfSpecies]) -> DiversityView:
    """Show what the vivarium's living animals of a species hold of their founders' genes."""
    vivarium_id = await admit(request, "keeper")
    species_id = request.query.species_id
    animals = await request.read.find(living_of(vivarium_id, species_id))
    if not animals:
        raise InvalidError("the vivarium keeps no living animal of this species", "/species_id")
    lines = await lines_of_vivarium(request.read, vivarium_id, species_id)
    return await _diversity(request, [one.animal_id for one in animals], lines, vivarium_id)


@routes.post("/lineage/diversity", policy=member("keeper", cost=5), errors=(404, 422))
async def group_diversity(request: Request[Group, None]) -> DiversityView:
    """Show what a chosen group of animals holds of its founders' genes."""
    vivarium_id = await admit(request, "keeper")
    ids = list(dict.fromkeys(request.body.animal_ids))
    animals = await shown_animals(request, ids, vivarium_id)
    if len({one.species_id for one in animals}) > 1:
        raise InvalidError("a group is of one species", "/animal_ids")
    return await _diversity(request, ids, await lines_of(request.read, ids), vivarium_id)


async def _diversity(request: Asked, ids: Sequence[str], lines: Lines, looking: str) -> DiversityView:
    found = await asyncio.to_thread(diversity, lines.pedigree, ids, lines.given)
    order = sorted(ids, key=lambda one: (found.mean_kinships[one], one))[:LISTED]
    top_founders, top_ancestors = found.founders[:LISTED], found.ancestors[:LISTED]
    listed = [*order, *(one.animal_id for one in (*top_founders, *top_ancestors))]
    names = await Names.of(request.read, listed, looking)
    equivalents = [lines.rows[one].equivalents if one in lines.rows else 0.0 for one in ids]
    return DiversityView(
        animals=found.animals,
        mean_inbreeding=found.mean_inbreeding,
        mean_kinship=found.mean_kinship,
        gene_diversity=found.gene_diversity,
        founder_genome_equivalents=found.founder_genome_equivalents,
        effective_founders=found.effective_founders,
        effective_ancestors=found.effective_ancestors,
        effective_ancestors_least=found.effective_ancestors_least,
        explained=found.explained,
        founders=len(found.founders),
        complete_generations=sum(equivalents) / len(equivalents),
        top_founders=tuple(_contributor(one, names) for one in top_founders),
        top_ancestors=tuple(_contributor(one, names) for one in top_ancestors),
        members=tuple(
            MemberKinship(animal=names(one), inbreeding=found.inbreeding[one], mean_kinship=found.mean_kinships[one])
            for one in order
        ),
    )


def _contributor(one: Contribution, names: Names) -> Contributor:
    return Contributor(ancestor=names(one.animal_id), share=one.share, marginal=one.marginal)


async def shown_animals(request: Asked, animal_ids: Sequence[str], looking: str) -> list[Animal]:
    """Return animals that the caller may name. Raises `NotFoundError` for one that is hidden or not there."""
    found = await fetch(request.read, animal_ids)
    for animal_id in animal_ids:
        animal = found.get(animal_id)
        if animal is None or not shows_name(sight(animal.visibility, animal.vivarium_id, looking)):
            raise NotFoundError("animal", animal_id)
    return [found[animal_id] for animal_id in animal_ids]
