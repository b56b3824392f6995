"""Enclosures: where animals are kept, who is in them, and who was."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.errors import NotFoundError
from reptidex.http.animal.access import admit, own_animal
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import CloseEnclosure, KeepEnclosure, MoveAnimals, NewEnclosure
from reptidex.streams.values import Id
from reptidex.tables.animal.keeping import Enclosure, Stay, enclosures_of, stays_in, stays_of
from reptidex.tables.animal.queries import AnimalsWanted, animals_wanted

routes = Routes("enclosures")


class EnclosureFilter(Paging, frozen=True, kw_only=True):
    """Which enclosures."""

    closed: bool = False
    """Whether those that were closed are listed too."""


class Occupant(msgspec.Struct, frozen=True, kw_only=True):
    """An animal that is in an enclosure."""

    animal_id: str
    code: str
    name: str
    species: str


class EnclosureView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An enclosure with how many are in it."""

    enclosure_id: str
    name: str
    kind: str
    location: str = ""
    capacity: int | None = None
    notes: str = ""
    occupants: int
    free: int | None = None
    """How many more it takes; left out where there is no bound."""
    opened_at: datetime
    closed_at: datetime | None = None
    animals: list[Occupant] = []
    """Who is in it, where one enclosure is shown."""


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Animals that move."""

    animal_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=200)]
    enclosure_id: Id | None
    """Null to take them out of where they are."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a move."""

    enclosure: EnclosureView | None
    animal_ids: tuple[str, ...]


class StayView(msgspec.Struct, frozen=True, kw_only=True):
    """An animal's time in an enclosure."""

    animal_id: str
    enclosure_id: str
    since: datetime
    until: datetime | None


def _view(row: Enclosure, animals: list[Occupant] | None = None) -> EnclosureView:
    own = {"free", "animals"}
    values: dict[str, Any] = {name: getattr(row, name) for name in EnclosureView.__struct_fields__ if name not in own}
    free = None if row.capacity is None else row.capacity - row.occupants
    return EnclosureView(**values, free=free, animals=animals or [])


def _stay(row: Stay) -> StayView:
    return StayView(animal_id=row.animal_id, enclosure_id=row.enclosure_id, since=row.since, until=row.until)


async def _own(request: Request[Any, Any], vivarium_id: str) -> Enclosure:
    found = await request.read.get(Enclosure, request.path["enclosure_id"])
    if found is None or found.vivarium_id != vivarium_id:
        raise NotFoundError("enclosure", request.path["enclosure_id"])
    return found


@routes.post("/enclosures", policy=member("handler"), status=201, errors=(422,))
async def open_enclosure(request: Request[NewEnclosure, None]) -> EnclosureView:
    """Set up an enclosure."""
    vivarium_id = await admit(request, "handler")
    command = KeepEnclosure(enclosure_id=request.new_id(), vivarium_id=vivarium_id, enclosure=request.body)
    done = await request.ask(command, Done)
    return _view(await request.read.need(Enclosure, done.id))


@routes.get("/enclosures", policy=member("keeper"))
async def list_enclosures(request: Request[None, EnclosureFilter]) -> Page[EnclosureView]:
    """List the vivarium's enclosures with how full they are, by name."""
    vivarium_id = await admit(request, "keeper")
    query = enclosures_of(vivarium_id, closed=request.query.closed)
    rows, cursor = await request.read.page(query, request.query)
    return Page(items=[_view(row) for row in rows], next=cursor)


@routes.get("/enclosures/{enclosure_id}", policy=member("keeper"), errors=(404,))
async def get_enclosure(request: Request[None, None]) -> EnclosureView:
    """Show an enclosure and who is in it."""
    vivarium_id = await admit(request, "keeper")
    row = await _own(request, vivarium_id)
    wanted = AnimalsWanted(enclosure_id=row.enclosure_id)
    inside = await request.read.find(animals_wanted(vivarium_id, wanted))
    return _view(
        row,
        [Occupant(animal_id=one.animal_id, code=one.code, name=one.name, species=one.species) for one in inside],
    )


@routes.put("/enclosures/{enclosure_id}", policy=member("handler"), errors=(404, 409, 422))
async def change_enclosure(request: Request[NewEnclosure, None]) -> EnclosureView:
    """Describe an enclosure anew; it cannot become smaller than what it holds."""
    vivarium_id = await admit(request, "handler")
    row = await _own(request, vivarium_id)
    command = KeepEnclosure(enclosure_id=row.enclosure_id, vivarium_id=vivarium_id, enclosure=request.body, change=True)
    done = await request.ask(command, Done)
    return _view(await request.read.need(Enclosure, done.id))


@routes.delete("/enclosures/{enclosure_id}", policy=member("handler"), errors=(404, 409))
async def close_enclosure(request: Request[None, None]) -> EnclosureView:
    """Close an enclosure that is empty; who was in it stays known."""
    vivarium_id = await admit(request, "handler")
    row = await _own(request, vivarium_id)
    done = await request.ask(CloseEnclosure(enclosure_id=row.enclosure_id, vivarium_id=vivarium_id), Done)
    return _view(await request.read.need(Enclosure, done.id))


@routes.post("/enclosures/moves", policy=member("handler"), errors=(404, 409, 422))
async def move_animals(request: Request[Move, None]) -> Moved:
    """Move animals into an enclosure, or out of any; all of them, or none."""
    vivarium_id = await admit(request, "handler")
    body = request.body
    command = MoveAnimals(vivarium_id=vivarium_id, animal_ids=body.animal_ids, enclosure_id=body.enclosure_id)
    await request.ask(command, Done)
    there = await request.read.need(Enclosure, body.enclosure_id) if body.enclosure_id else None
    return Moved(enclosure=_view(there) if there else None, animal_ids=body.animal_ids)


@routes.get("/enclosures/{enclosure_id}/stays", policy=member("keeper"), errors=(404,))
async def list_stays_in(request: Request[None, Paging]) -> Page[StayView]:
    """List who is and was in an enclosure, latest first."""
    vivarium_id = await admit(request, "keeper")
    row = await _own(request, vivarium_id)
    rows, cursor = await request.read.page(stays_in(row.enclosure_id), request.query)
    return Page(items=[_stay(each) for each in rows], next=cursor)


@routes.get("/animals/{animal_id}/stays", policy=member("keeper"), errors=(404,))
async def list_stays_of(request: Request[None, Paging]) -> Page[StayView]:
    """List where an animal is and was in this vivarium, latest first."""
    animal = await own_animal(request, "keeper")
    query = stays_of([animal.animal_id], vivarium_id=animal.vivarium_id)
    rows, cursor = await request.read.page(query, request.query)
    return Page(items=[_stay(each) for each in rows], next=cursor)
