"""Who descends from whom, and how far that can be trusted."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType, structs

from reptidex.domain.pedigree import MOST_GENERATIONS
from reptidex.errors import InvalidError
from reptidex.http.animal.access import admit, own_animal, seen_animal
from reptidex.http.animal.naming import Names
from reptidex.http.animal.pedigrees import drawn
from reptidex.http.animal.shapes import AnimalView, PedigreeView
from reptidex.http.animal.showing import shown
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.animal import Finding
from reptidex.streams.commands.animal import Done, DrawUpPedigree, Remarked, SetParents, ValidateLineage
from reptidex.streams.values import Evidence, Id, LongText, Text
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import depths, descendants_of, lines_of
from reptidex.tables.animal.queries import animals_of

routes = Routes("lineage")


class NewParents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parents of an animal: null where one is not known; one that is left out stays, a hidden one too."""

    sire_id: Id | UnsetType | None = UNSET
    dam_id: Id | UnsetType | None = UNSET
    hybrid: bool | None = None
    """Whether they may be of different species; left out, it stays as it is."""
    evidence: Evidence = "claim"
    reference: Text = ""
    """Where the evidence can be found."""
    note: LongText = ""


class LineageView(msgspec.Struct, frozen=True, kw_only=True):
    """An animal's lineage in figures, with its parents and how many descend from it."""

    animal_id: str
    sire_id: str | None
    dam_id: str | None
    lineage_status: str
    sire_standing: str | None
    dam_standing: str | None
    hybrid: bool
    inbreeding: float
    known_ancestors: int
    generations: int
    """Those of the longest known line."""
    complete_generations: float
    """Complete generation equivalents over all that is known."""
    descendants: int
    linked_to: str | None
    """The animal as which a placeholder turned out to be registered."""
    findings: tuple[Finding, ...]
    """What the last check noticed; for the animal's keepers."""
    pedigree: PedigreeView


class ToValidate(msgspec.Struct, frozen=True, kw_only=True):
    """The animal whose lineage is to be checked."""

    animal_id: Id


class ValidationView(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of a lineage gave."""

    animal_id: str
    status: str
    findings: tuple[Remarked, ...]


class StatsView(msgspec.Struct, frozen=True, kw_only=True):
    """How well the lineages of a vivarium are known."""

    animals: int
    with_both_parents: int
    with_one_parent: int
    founders: int
    by_status: dict[str, int]
    as_of: datetime | None


def checked_generations(text: str) -> int:
    """Return how many generations a path asks for. Raises `InvalidError`."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_GENERATIONS))
    if not digits or not 1 <= int(text) <= MOST_GENERATIONS:
        raise InvalidError(f"between 1 and {MOST_GENERATIONS} generations can be asked for", "/generations")
    return int(text)


@routes.get("/animals/{animal_id}/pedigree/{generations}", policy=public(), errors=(404, 422))
async def get_pedigree(request: Request[None, None]) -> PedigreeView:
    """Show a pedigree of so many generations, with exact inbreeding and how much of it is known."""
    generations = checked_generations(request.path["generations"])
    animal, looking = await seen_animal(request)
    return await drawn(request.read, animal.animal_id, generations, looking)


@routes.post("/animals/{animal_id}/pedigree/{generations}", policy=member("handler"), errors=(404, 422))
async def draw_up_pedigree(request: Request[None, None]) -> PedigreeView:
    """Draw up a pedigree as a document that can be cited (`pedigree.generated` names its digest)."""
    generations = checked_generations(request.path["generations"])
    animal = await own_animal(request, "handler")
    command = DrawUpPedigree(animal_id=animal.animal_id, vivarium_id=animal.vivarium_id, generations=generations)
    await request.ask(command, Done)
    return await drawn(request.read, animal.animal_id, generations, animal.vivarium_id)


@routes.get("/animals/{animal_id}/lineage", policy=public(), errors=(404,))
async def get_lineage(request: Request[None, None]) -> LineageView:
    """Show an animal's lineage: parents and grandparents, figures over all that is known, the number of descendants."""
    animal, looking = await seen_animal(request)
    lines = await lines_of(request.read, [animal.animal_id])
    place = lines.rows[animal.animal_id]
    generation, equivalents = depths(lines).get(animal.animal_id, (0, 0.0))
    pedigree = await drawn(request.read, animal.animal_id, 2, looking)
    findings = place.findings if looking == animal.vivarium_id else ()
    told = {place.linked_to or "", *(each for one in findings for each in one.animal_ids)} - {""}
    names = await Names.of(request.read, told, looking)
    sire, dam = (one.animal_id for one in pedigree.places if one.number in (2, 3))
    return LineageView(
        animal_id=animal.animal_id,
        sire_id=sire,
        dam_id=dam,
        lineage_status=animal.lineage_status,
        sire_standing=place.sire_standing,
        dam_standing=place.dam_standing,
        hybrid=place.hybrid,
        inbreeding=pedigree.inbreeding,
        known_ancestors=len(lines.rows) - 1,
        generations=generation,
        complete_generations=equivalents,
        descendants=await request.read.count(descendants_of(animal.animal_id)),
        linked_to=names.id(place.linked_to),
        findings=tuple(structs.replace(one, animal_ids=names.ids(one.animal_ids)) for one in findings),
        pedigree=pedigree,
    )


@routes.put("/animals/{animal_id}/parents", policy=member("handler"), errors=(404, 422))
async def set_parents(request: Request[NewParents, None]) -> AnimalView:
    """Set or clear parents. What cannot be is refused; what is doubtful comes back as remarks."""
    animal = await own_animal(request, "handler")
    command = SetParents(animal_id=animal.animal_id, vivarium_id=animal.vivarium_id, **structs.asdict(request.body))
    done = await request.ask(command, Done)
    return await shown(request.read, await request.read.need(Animal, done.id), animal.vivarium_id, done.remarks)


@routes.post("/lineage/validate", policy=member("handler"), errors=(404,))
async def validate_lineage(request: Request[ToValidate, None]) -> ValidationView:
    """Check a lineage as it is recorded, and give it its standing."""
    vivarium_id = await admit(request, "handler")
    command = ValidateLineage(animal_id=request.body.animal_id, vivarium_id=vivarium_id)
    done = await request.ask(command, Done)
    animal = await request.read.need(Animal, done.id)
    return ValidationView(animal_id=done.id, status=animal.lineage_status, findings=done.remarks)


@routes.get("/lineage/stats", policy=member("keeper"))
async def lineage_stats(request: Request[None, None]) -> StatsView:
    """Say how well the lineages of the vivarium are known."""
    vivarium_id = await admit(request, "keeper")
    animals = await request.read.find(animals_of(vivarium_id))
    both = sum(1 for one in animals if one.sire_id and one.dam_id)
    founders = sum(1 for one in animals if not one.sire_id and not one.dam_id)
    by_status: dict[str, int] = {}
    for one in animals:
        by_status[one.lineage_status] = by_status.get(one.lineage_status, 0) + 1
    return StatsView(
        animals=len(animals),
        with_both_parents=both,
        with_one_parent=len(animals) - both - founders,
        founders=founders,
        by_status=by_status,
        as_of=max((one.updated_at for one in animals), default=None),
    )
