"""The shipped catalogue of species and morphs."""

from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import find_species, morphs, need_species, species
from reptidex.errors import NotFoundError
from reptidex.http.server.policy import public, scope
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import TellTaxonomy, Told
from reptidex.streams.values import Id, WelfareFlag

routes = Routes("taxonomy")


class SpeciesFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which species."""

    name: Annotated[str, Meta(max_length=100)] = ""
    """Part of the scientific or a common name."""


class SpeciesView(msgspec.Struct, frozen=True, kw_only=True):
    """A species in a list."""

    species_id: str
    scientific_name: str
    common_names: tuple[str, ...]
    family: str
    sex_system: str
    morphs: int


class MorphFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which morphs."""

    species_id: Id | None = None
    name: Annotated[str, Meta(max_length=100)] = ""


class MorphView(msgspec.Struct, frozen=True, kw_only=True):
    """A morph, with what it does to its bearer and where that is known from."""

    morph_id: str
    species_id: str
    species: str
    name: str
    aliases: tuple[str, ...]
    inheritance: str
    genotype: dict[str, tuple[str, str]]
    welfare: tuple[WelfareFlag, ...]
    sources: tuple[str, ...]


@routes.get("/species", policy=public())
async def list_species(request: Request[None, SpeciesFilter]) -> list[SpeciesView]:
    """List the species that the catalogue holds."""
    return [
        SpeciesView(
            species_id=entry.species_id,
            scientific_name=entry.scientific_name,
            common_names=entry.common_names,
            family=entry.family,
            sex_system=entry.sex_system,
            morphs=len(entry.morphs),
        )
        for entry in find_species(request.query.name)
    ]


@routes.get("/species/{species_id}", policy=public(), errors=(404,))
async def get_species(request: Request[None, None]) -> Species:
    """Show a species with its loci, morphs and their sources."""
    return need_species(request.path["species_id"])


@routes.get("/morphs", policy=public())
async def list_morphs(request: Request[None, MorphFilter]) -> list[MorphView]:
    """List morphs, of one species where asked."""
    wanted = request.query.name.casefold()
    return [
        _morph_view(entry, morph_id)
        for entry in species().values()
        if request.query.species_id in (None, entry.species_id)
        for morph_id in (morph.morph_id for morph in entry.morphs)
        if any(wanted in name.casefold() for name in (morphs()[morph_id].name, *morphs()[morph_id].aliases))
    ]


@routes.get("/morphs/{morph_id}", policy=public(), errors=(404,))
async def get_morph(request: Request[None, None]) -> MorphView:
    """Show a morph."""
    morph_id = request.path["morph_id"]
    for entry in species().values():
        if any(morph.morph_id == morph_id for morph in entry.morphs):
            return _morph_view(entry, morph_id)
    raise NotFoundError("morph", morph_id)


@routes.post("/taxonomy/tell", policy=scope("admin"))
async def tell_taxonomy(request: Request[None, None]) -> Told:
    """Tell the platform what is new or changed in the shipped catalogue."""
    return await request.ask(TellTaxonomy(request_id=request.new_id()), Told)


def _morph_view(entry: Species, morph_id: str) -> MorphView:
    morph = morphs()[morph_id]
    return MorphView(
        morph_id=morph.morph_id,
        species_id=entry.species_id,
        species=entry.scientific_name,
        name=morph.name,
        aliases=morph.aliases,
        inheritance=morph.inheritance,
        genotype=morph.genotype,
        sources=morph.sources,
        welfare=tuple(
            WelfareFlag(trait=trait, severity=it.severity, certainty=it.certainty, text=it.text, source=it.source)
            for trait, it in entry.welfare(morph)
        ),
    )
