"""What other services of ours ask: product data, holds, pedigrees to draw."""

import msgspec

from reptidex.domain.catalogue.shelf import need_species
from reptidex.http.animal.lineage import checked_generations
from reptidex.http.animal.pedigrees import drawn
from reptidex.http.animal.shapes import PedigreeView, ProductView, PublicMark
from reptidex.http.server.policy import services
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import Held, HoldAnimal, ReleaseAnimal
from reptidex.streams.values import CitesListing, Count, Id, Time
from reptidex.tables.animal.keeping import marks_of
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import inbreeding_of
from reptidex.tables.animal.relatives import welfare_of

routes = Routes("internal")


class NewHold(msgspec.Struct, frozen=True, kw_only=True):
    """A sale's request to hold an animal; `vivarium_id` is the seller's."""

    transaction_id: Id
    generation: Count
    until: Time
    vivarium_id: Id


@routes.get(
    "/internal/animals/{animal_id}",
    policy=services("repti-commerce", "repti-community", "repti-media"),
    errors=(404,),
)
async def get_product(request: Request[None, None]) -> ProductView:
    """Say what other services need to know of an animal."""
    animal = await request.read.need(Animal, request.path["animal_id"])
    species = need_species(animal.species_id)
    return ProductView(
        animal_id=animal.animal_id,
        code=animal.code,
        name=animal.name,
        species_id=animal.species_id,
        species=animal.species,
        venomous=species.venomous,
        morph=" ".join(animal.morphs),
        sex=animal.sex,
        birth=animal.born_on,
        status=animal.status,
        visibility=animal.visibility,
        vivarium_id=animal.vivarium_id,
        lineage_status=animal.lineage_status,
        welfare=welfare_of(species, animal),
        held_by=animal.held_by,
        photos=animal.photos,
        sire_id=animal.sire_id,
        dam_id=animal.dam_id,
        inbreeding=await inbreeding_of(request.read, animal.animal_id),
        version=animal.revision,
        subspecies=animal.subspecies,
        morphs=animal.morphs,
        phenotype=animal.phenotype,
        birth_precision=animal.birth_precision,
        clutch_id=animal.clutch_id,
        breeder_vivarium_id=animal.breeder_vivarium_id,
        placeholder=animal.placeholder,
        marks=tuple(
            PublicMark(kind=mark.kind, value=mark.value, place=mark.place)
            for mark in await request.read.find(marks_of([animal.animal_id]))
            if mark.public and mark.until is None
        ),
        cites=msgspec.convert(species.cites, CitesListing, from_attributes=True) if species.cites else None,
    )


@routes.post("/internal/animals/{animal_id}/hold", policy=services("repti-commerce"), errors=(404, 409))
async def hold_animal(request: Request[NewHold, None]) -> Held:
    """Hold an animal for a sale; the same sale asking again gets the same token."""
    body = request.body
    command = HoldAnimal(
        animal_id=request.path["animal_id"],
        vivarium_id=body.vivarium_id,
        transaction_id=body.transaction_id,
        generation=body.generation,
        until=body.until,
    )
    return await request.ask(command, Held)


@routes.delete("/internal/animals/{animal_id}/hold/{transaction_id}", policy=services("repti-commerce"), status=204)
async def release_animal(request: Request[None, None]) -> None:
    """Let an animal go; also answered 204 where nothing was held."""
    animal_id, transaction_id = request.path["animal_id"], request.path["transaction_id"]
    await request.tell(ReleaseAnimal(animal_id=animal_id, transaction_id=transaction_id))


class Viewers(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a pedigree is drawn."""

    everybody: bool = False
    """Whether strangers will see it, too; else its owner alone."""


@routes.get("/internal/animals/{animal_id}/pedigree/{generations}", policy=services("repti-media"), errors=(404, 422))
async def get_pedigree(request: Request[None, Viewers]) -> PedigreeView:
    """Show a pedigree to be drawn, as its owner sees it or as everybody may."""
    generations = checked_generations(request.path["generations"])
    animal_id = request.path["animal_id"]
    animal = await request.read.need(Animal, animal_id)
    return await drawn(request.read, animal_id, generations, "" if request.query.everybody else animal.vivarium_id)
