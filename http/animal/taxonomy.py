"""The catalogue of species, morphs and genes as it now stands."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.entries import Combo, Morph, Species
from reptidex.domain.catalogue.finding import find
from reptidex.domain.catalogue.shelf import find_species, need_species, stand
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.server.policy import public, scope
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import TellTaxonomy, Told
from reptidex.streams.values import Id, WelfareFlag
from reptidex.tables.animal.relatives import flags

routes = Routes("taxonomy")
T = TypeVar("T")


class SpeciesFilter(Paging, frozen=True, kw_only=True):
    """Which species."""

    name: Annotated[str, Meta(max_length=100)] = ""
    """Part of any name: scientific, common, former, or that of a subspecies."""


class SpeciesView(msgspec.Struct, frozen=True, kw_only=True):
    """A species in a list."""

    species_id: str
    slug: str
    scientific_name: str
    common_names: tuple[str, ...]
    synonyms: tuple[str, ...]
    subspecies: tuple[str, ...]
    family: str
    sex_system: str
    live_bearing: bool
    loci: int
    morphs: int
    combos: int
    cites: str | None
    """The appendix; None where no source was found."""


class MorphFilter(Paging, frozen=True, kw_only=True):
    """Which morphs."""

    species_id: Id | None = None
    name: Annotated[str, Meta(max_length=100)] = ""
    """Part of the name or of an alias."""
    locus: Annotated[str, Meta(max_length=60)] | None = None
    inheritance: (
        Literal["recessive", "incomplete", "dominant", "codominant", "polygenic", "fixed", "unknown"] | None
    ) = None
    welfare: bool = False
    """Only those that a warning is known of."""


class MorphView(msgspec.Struct, frozen=True, kw_only=True):
    """A morph or a named combination, with what it does to its bearer and where that is known from."""

    morph_id: str
    species_id: str
    species: str
    name: str
    aliases: tuple[str, ...]
    kind: Literal["morph", "combo"]
    inheritance: str
    """Of a combination: unknown, since each of its traits is inherited on its own."""
    genotype: dict[str, tuple[str, str]]
    welfare: tuple[WelfareFlag, ...]
    sources: tuple[str, ...]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the catalogue that the words name."""

    kind: str
    name: str
    """The name that fits; `title` is what the thing is called first of all."""
    title: str
    species_id: str
    species: str
    morph_id: str
    locus: str
    fit: str
    """`exact`, `start`, `word` (begins a word) or `part`."""


class TaxonFilter(Paging, frozen=True, kw_only=True):
    """What is looked for."""

    q: Annotated[str, Meta(min_length=1, max_length=100)]
    species_id: Id | None = None


def page_of(items: Sequence[T], keys: Sequence[str], paging: Paging) -> Page[T]:
    """Return a page of a list in memory; the cursor is the key of its last item, so that edits between pages shift little.

    Raises `InvalidError` for a cursor that is not ours.
    """
    start = 0
    if paging.cursor:
        try:
            last = base64.urlsafe_b64decode(paging.cursor + "=" * (-len(paging.cursor) % 4)).decode()
            start = keys.index(last) + 1
        except (ValueError, binascii.Error) as problem:
            raise InvalidError("this cursor does not belong to this list", "/cursor") from problem
    end = start + paging.limit
    more = end < len(items)
    cursor = base64.urlsafe_b64encode(keys[end - 1].encode()).decode().rstrip("=") if more else None
    return Page(items=list(items[start:end]), next=cursor)


@routes.get("/species", policy=public(), errors=(422,))
async def list_species(request: Request[None, SpeciesFilter]) -> Page[SpeciesView]:
    """List the species that the catalogue holds."""
    found = sorted(find_species(request.query.name), key=lambda entry: entry.scientific_name)
    return page_of([_species_view(one) for one in found], [one.species_id for one in found], request.query)


@routes.get("/species/{species_id}", policy=public(), errors=(404,))
async def get_species(request: Request[None, None]) -> Species:
    """Show a species with its loci, morphs, combinations and their sources."""
    return need_species(request.path["species_id"])


@routes.get("/morphs", policy=public(), errors=(422,))
async def list_morphs(request: Request[None, MorphFilter]) -> Page[MorphView]:
    """List morphs and named combinations, of one species where asked."""
    query = request.query
    wanted = query.name.casefold()
    found = [
        view
        for view in _looks(stand().mark).values()
        if query.species_id in (None, view.species_id)
        and any(wanted in name.casefold() for name in (view.name, *view.aliases))
        and query.locus in (None, *view.genotype)
        and query.inheritance in (None, view.inheritance)
        and (not query.welfare or view.welfare)
    ]
    return page_of(found, [view.morph_id for view in found], query)


@routes.get("/morphs/{morph_id}", policy=public(), errors=(404,))
async def get_morph(request: Request[None, None]) -> MorphView:
    """Show a morph or a named combination."""
    morph_id = request.path["morph_id"]
    view = _looks(stand().mark).get(morph_id)
    if view is None:
        raise NotFoundError("morph", morph_id)
    return view


@routes.get("/taxonomy/search", policy=public(cost=2), errors=(422,))
async def search_taxa(request: Request[None, TaxonFilter]) -> Page[Hit]:
    """Find species, subspecies, morphs, combinations, loci and alleles by any of their names, the best fit first."""
    found = [
        Hit(**msgspec.structs.asdict(one.what), fit=one.rank) for one in find(request.query.q, request.query.species_id)
    ]
    return page_of(found, [f"{hit.species_id}:{hit.kind}:{hit.title}" for hit in found], request.query)


@routes.post("/taxonomy/tell", policy=scope("admin"))
async def tell_taxonomy(request: Request[None, None]) -> Told:
    """Tell the platform what is new or changed in the catalogue."""
    return await request.ask(TellTaxonomy(request_id=request.new_id()), Told)


def _species_view(entry: Species) -> SpeciesView:
    same = {
        name: getattr(entry, name) for name in ("species_id", "slug", "scientific_name", "common_names", "synonyms")
    }
    return SpeciesView(
        **same,
        subspecies=tuple(one.name for one in entry.subspecies),
        family=entry.family,
        sex_system=entry.sex_system,
        live_bearing=entry.live_bearing,
        loci=len(entry.loci),
        morphs=len(entry.morphs),
        combos=len(entry.combos),
        cites=entry.cites.appendix if entry.cites else None,
    )


@lru_cache(maxsize=2)
def _looks(mark: str) -> Mapping[str, MorphView]:
    """Return every morph and combination by its id, made once for the edits that `mark` names."""
    shown: dict[str, MorphView] = {}
    for entry in stand().species.values():
        for view in [
            *(_morph_view(entry, one) for one in entry.morphs),
            *(_combo_view(entry, one) for one in entry.combos),
        ]:
            shown[view.morph_id] = view
    return shown


def _morph_view(entry: Species, morph: Morph) -> MorphView:
    return MorphView(
        morph_id=morph.morph_id,
        species_id=entry.species_id,
        species=entry.scientific_name,
        name=morph.name,
        aliases=morph.aliases,
        kind="morph",
        inheritance=morph.inheritance,
        genotype=morph.genotype,
        sources=morph.sources,
        welfare=flags(entry.welfare(morph)),
    )


def _combo_view(entry: Species, combo: Combo) -> MorphView:
    return MorphView(
        morph_id=combo.morph_id(entry.species_id),
        species_id=entry.species_id,
        species=entry.scientific_name,
        name=combo.name,
        aliases=combo.aliases,
        kind="combo",
        inheritance="unknown",
        genotype=combo.genotype,
        sources=combo.sources,
        welfare=flags(entry.welfare(combo)),
    )
