"""The reverse look-up: which pairings give what is wanted."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.ancestry import Ancestry
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.loci import Pair
from reptidex.domain.genetics.lookup import Match, Recipe, matches, recipes
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
from reptidex.tables.animal.pedigrees import lines_of
from reptidex.tables.animal.relatives import ratio, welfare_of

routes = Routes("genetics")


class NewLookup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to hatch, and where to look for its parents."""

    species_id: Id
    target: Wanted
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class Mate(msgspec.Struct, frozen=True, kw_only=True):
    """One animal of a pairing."""

    animal_id: str
    code: str
    name: str


class MatchView(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing of two animals of the vivarium that can give the target."""

    sire: Mate
    dam: Mate
    share: Ratio
    """Of all eggs."""
    live_share: Ratio
    egg_loss: Ratio
    """At the loci of the target, and at others that cost eggs."""
    eggs_for_nine_tenths: int | None
    inbreeding: Ratio
    warnings: tuple[WelfareFlag, ...]
    """What the parents bear by their own records; the young may inherit it."""


class RecipeView(msgspec.Struct, frozen=True, kw_only=True):
    """Two genotypes whose young may be the target."""

    sire: str
    dam: str
    sire_genotype: tuple[Gene, ...]
    dam_genotype: tuple[Gene, ...]
    share: Ratio


class LookupView(msgspec.Struct, frozen=True, kw_only=True):
    """Which pairings give the target."""

    target: str
    pairings: tuple[MatchView, ...]
    """Of the vivarium's own animals, the best first."""
    pairings_found: int
    """How many there are in all."""
    genotypes: tuple[RecipeView, ...]
    """Whatever animals they be, the best first."""
    warnings: tuple[WelfareFlag, ...]
    """What the target itself bears."""


@routes.post("/genetics/lookup", policy=member("keeper", cost=10), errors=(404, 422))
async def look_up(request: Request[NewLookup, None]) -> LookupView:
    """Say which pairings give a target: of the vivarium's own animals, and of genotypes whatever animals bear them."""
    vivarium_id = await admit(request, "keeper")
    body = request.body
    species = need_species(body.species_id)
    target = target_of(species, body.target)
    animals = {one.animal_id: one for one in await request.read.find(breeding_stock(vivarium_id, body.species_id))}
    stock = stock_of(species, animals.values())
    found, count = await asyncio.to_thread(matches, species.by_locus, target, stock, body.limit)
    abstract = await asyncio.to_thread(recipes, species.by_locus, target, body.limit)
    lines = await lines_of(request.read, {one for match in found for one in (match.sire_id, match.dam_id)})
    return LookupView(
        target=genotype_name(species, target.pairs),
        pairings=await asyncio.to_thread(_matches, species, found, animals, lines.ancestry()),
        pairings_found=count,
        genotypes=tuple(_recipe(species, one) for one in abstract),
        warnings=flags_of(species, target.pairs),
    )


def _matches(
    species: Species, found: Sequence[Match], animals: dict[str, Animal], ancestry: Ancestry
) -> tuple[MatchView, ...]:
    return tuple(_match(species, one, animals, ancestry) for one in found)


def _match(species: Species, one: Match, animals: dict[str, Animal], ancestry: Ancestry) -> MatchView:
    sire, dam = animals[one.sire_id], animals[one.dam_id]
    return MatchView(
        sire=Mate(animal_id=sire.animal_id, code=sire.code, name=sire.name),
        dam=Mate(animal_id=dam.animal_id, code=dam.code, name=dam.name),
        share=ratio(one.share),
        live_share=ratio(one.live_share),
        egg_loss=ratio(one.egg_loss),
        eggs_for_nine_tenths=eggs_or_none(one.share, NINE_TENTHS, 1),
        inbreeding=ratio(ancestry.kinship(one.sire_id, one.dam_id).fraction),
        warnings=tuple(dict.fromkeys((*welfare_of(species, sire), *welfare_of(species, dam)))),
    )


def _recipe(species: Species, one: Recipe) -> RecipeView:
    def genes(pairs: dict[str, Pair], bearer: bool) -> tuple[Gene, ...]:
        return tuple(
            Gene(locus=locus, alleles=pair, inherited_from=one.origins.get(locus) if bearer else None)
            for locus, pair in pairs.items()
        )

    by_dam = any(species.locus(locus).sex_linked == "z" for locus in one.origins)
    return RecipeView(
        sire=genotype_name(species, one.sire),
        dam=genotype_name(species, one.dam),
        sire_genotype=genes(one.sire, not by_dam),
        dam_genotype=genes(one.dam, by_dam),
        share=ratio(one.share),
    )
