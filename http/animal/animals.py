"""The registry of a vivarium's animals."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.http.animal.access import admit, own_animal, seen_animal
from reptidex.http.animal.shapes import AnimalView
from reptidex.http.animal.showing import all_shown, shown
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import (
    ArchiveAnimal,
    Changes,
    Done,
    Genes,
    Morphs,
    Reference,
    RegisterAnimal,
    UpdateAnimal,
)
from reptidex.streams.values import AnimalStatus, BirthPrecision, Id, LineageStatus, LongText, Sex, Text, Visibility
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import AnimalsWanted, animals_wanted, offspring_seen

routes = Routes("animals")


class NewAnimal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An animal to register."""

    species_id: Id
    code: Text | None = None
    """Left out: the next of the vivarium's own sequence."""
    name: Text = ""
    morphs: Morphs = ()
    genotype: Genes = ()
    sex: Sex = "unknown"
    born_on: date | None = None
    birth_precision: BirthPrecision = "unknown"
    status: Literal["active", "holdback", "external", "lease"] = "active"
    visibility: Visibility = "private"
    placeholder: bool = False
    """An ancestor kept elsewhere, who only stands in pedigrees."""
    sire_id: Id | None = None
    dam_id: Id | None = None
    hybrid: bool = False
    """Whether its parents may be of different species."""
    notes: LongText = ""
    subspecies: Text | None = None
    phenotype: LongText = ""
    """What the animal looks like, in free words; the genes stand in `genotype`."""
    external_ref: Reference | None = None
    """The animal's id where it comes from; an import knows it by this."""


class AnimalFilter(Paging, frozen=True, kw_only=True):
    """Which of the vivarium's animals."""

    species_id: Id | None = None
    subspecies: Text | None = None
    sex: Sex | None = None
    status: AnimalStatus | None = None
    visibility: Visibility | None = None
    lineage_status: LineageStatus | None = None
    sire_id: Id | None = None
    dam_id: Id | None = None
    clutch_id: Id | None = None
    enclosure_id: Id | None = None
    placeholder: bool | None = None
    code: Text | None = None
    external_ref: Reference | None = None
    name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    """Part of the name."""
    born_from: date | None = None
    born_until: date | None = None
    archived: bool = False
    """Whether the dead and the archived are listed too."""


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """Why an animal is archived."""

    reason: Literal["deceased", "erased", "mistake"] = "mistake"
    died_on: date | None = None


@routes.post("/animals", policy=member("handler"), status=201, errors=(409, 422))
async def register_animal(request: Request[NewAnimal, None]) -> AnimalView:
    """Register an animal in the caller's vivarium."""
    vivarium_id = await admit(request, "handler")
    new = {name: getattr(request.body, name) for name in NewAnimal.__struct_fields__}
    command = RegisterAnimal(animal_id=request.new_id(), vivarium_id=vivarium_id, **new)
    done = await request.ask(command, Done)
    return await shown(request.read, await request.read.need(Animal, done.id), vivarium_id, done.remarks)


@routes.get("/animals", policy=member("keeper"))
async def list_animals(request: Request[None, AnimalFilter]) -> Page[AnimalView]:
    """List the vivarium's animals."""
    vivarium_id = await admit(request, "keeper")
    names = AnimalsWanted.__struct_fields__
    wanted = AnimalsWanted(**{name: getattr(request.query, name) for name in names})
    rows, cursor = await request.read.page(animals_wanted(vivarium_id, wanted), request.query)
    return Page(items=await all_shown(request.read, rows, vivarium_id), next=cursor)


@routes.get("/animals/{animal_id}", policy=public(), errors=(404,))
async def get_animal(request: Request[None, None]) -> AnimalView:
    """Show an animal: all of it to its keepers, the public record of a public one to everybody."""
    animal, looking = await seen_animal(request)
    return await shown(request.read, animal, looking)


@routes.put("/animals/{animal_id}", policy=member("handler"), errors=(404, 409, 422))
async def update_animal(request: Request[Changes, None]) -> AnimalView:
    """Change what is named; the rest stays."""
    animal = await own_animal(request, "handler")
    command = UpdateAnimal(animal_id=animal.animal_id, vivarium_id=animal.vivarium_id, changes=request.body)
    done = await request.ask(command, Done)
    return await shown(request.read, await request.read.need(Animal, done.id), animal.vivarium_id, done.remarks)


@routes.delete("/animals/{animal_id}", policy=member("curator"), errors=(404, 409))
async def archive_animal(request: Request[None, Archive]) -> AnimalView:
    """Archive an animal; its place in pedigrees stays. Refused while a sale holds it."""
    animal = await own_animal(request, "curator")
    command = ArchiveAnimal(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        reason=request.query.reason,
        died_on=request.query.died_on,
    )
    done = await request.ask(command, Done)
    return await shown(request.read, await request.read.need(Animal, done.id), animal.vivarium_id)


@routes.get("/animals/{animal_id}/offspring", policy=public(), errors=(404,))
async def list_offspring(request: Request[None, Paging]) -> Page[AnimalView]:
    """List an animal's young, as far as the caller may see them."""
    animal, looking = await seen_animal(request)
    rows, cursor = await request.read.page(offspring_seen(animal.animal_id, looking), request.query)
    return Page(items=await all_shown(request.read, rows, looking), next=cursor)
