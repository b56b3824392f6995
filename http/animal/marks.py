"""The marks by which animals are told apart: microchips, rings, tags, tattoos, photographs."""

from datetime import date
from typing import Any

import msgspec

from reptidex.http.animal.access import admit, own_animal, seen_animal
from reptidex.http.animal.care import Removal
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import Done, Remarked
from reptidex.streams.commands.animal_keeping import Mark, MarkAnimal, RemoveMark
from reptidex.streams.values import Text
from reptidex.tables.animal.keeping import AnimalMark, chip_bearers, marks_of
from reptidex.tables.animal.queries import fetch

routes = Routes("marks")


class MarkView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mark of an animal."""

    mark_id: str
    animal_id: str
    kind: str
    value: str
    standard: str = "iso"
    place: str = ""
    since: date | None = None
    until: date | None = None
    public: bool = False
    remarks: tuple[Remarked, ...] = ()
    """A warning where another animal carries the same microchip; in answers to changes alone."""


class ChipWanted(msgspec.Struct, frozen=True, kw_only=True):
    """A microchip that was read."""

    chip: Text


def mark_view(row: AnimalMark, remarks: tuple[Remarked, ...] = ()) -> MarkView:
    """Show a mark."""
    values: dict[str, Any] = {name: getattr(row, name) for name in MarkView.__struct_fields__ if name != "remarks"}
    return MarkView(**values, remarks=remarks)


async def _mark(request: Request[Mark, None], mark_id: str, *, correct: bool) -> MarkView:
    animal = await own_animal(request, "handler")
    command = MarkAnimal(
        mark_id=mark_id,
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        mark=request.body,
        correct=correct,
    )
    done = await request.ask(command, Done)
    return mark_view(await request.read.need(AnimalMark, done.id), done.remarks)


@routes.post("/animals/{animal_id}/marks", policy=member("handler"), status=201, errors=(404, 422))
async def mark_animal(request: Request[Mark, None]) -> MarkView:
    """Note a mark of an animal; a microchip is checked after ISO 11784, and against every other animal here."""
    return await _mark(request, request.new_id(), correct=False)


@routes.put("/animals/{animal_id}/marks/{mark_id}", policy=member("handler"), errors=(404, 422))
async def correct_mark(request: Request[Mark, None]) -> MarkView:
    """Correct a mark, or say until when it was there."""
    return await _mark(request, request.path["mark_id"], correct=True)


@routes.delete("/animals/{animal_id}/marks/{mark_id}", policy=member("handler"), status=204, errors=(404,))
async def remove_mark(request: Request[None, Removal]) -> None:
    """Strike out a mark that was noted by mistake."""
    animal = await own_animal(request, "handler")
    command = RemoveMark(
        mark_id=request.path["mark_id"],
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        reason=request.query.reason,
    )
    await request.tell(command)


@routes.get("/animals/{animal_id}/marks", policy=public(), errors=(404,))
async def list_marks(request: Request[None, None]) -> list[MarkView]:
    """List an animal's marks: all of them to its keepers, to others those that are shown."""
    animal, looking = await seen_animal(request)
    rows = await request.read.find(marks_of([animal.animal_id]))
    return [mark_view(row) for row in rows if row.public or looking == animal.vivarium_id]


@routes.get("/marks", policy=member("keeper"))
async def find_by_chip(request: Request[None, ChipWanted]) -> list[MarkView]:
    """Find the vivarium's animals that carry a microchip, as a reader shows its number."""
    vivarium_id = await admit(request, "keeper")
    number = "".join(each for each in request.query.chip.upper() if each.isalnum())
    rows = await request.read.find(chip_bearers(number))
    bearers = await fetch(request.read, [row.animal_id for row in rows])
    mine = {one.animal_id for one in bearers.values() if one.vivarium_id == vivarium_id}
    return [mark_view(row) for row in rows if row.animal_id in mine]
