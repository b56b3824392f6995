"""How animals came and went: from whom, for how much, and the CITES source code that goes with it."""

from datetime import date
from typing import Any

import msgspec

from reptidex.http.animal.access import own_animal
from reptidex.http.animal.care import Removal
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import Done, Remarked
from reptidex.streams.commands.animal_keeping import Permit, Provenance, RecordProvenance, RemoveProvenance
from reptidex.streams.values import Money
from reptidex.tables.animal.keeping import AnimalProvenance, provenance_of

routes = Routes("acquisition and disposal")


class ProvenanceView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an animal came to the vivarium, or left it. It stays here when the animal goes."""

    provenance_id: str
    animal_id: str
    direction: str
    how: str
    on_day: date
    party: str = ""
    price: Money | None = None
    source_code: str | None = None
    country: str | None = None
    permits: tuple[Permit, ...] = ()
    text: str = ""
    remarks: tuple[Remarked, ...] = ()
    """What CITES would have recorded; in answers to changes alone."""


def _view(row: AnimalProvenance, remarks: tuple[Remarked, ...] = ()) -> ProvenanceView:
    values: dict[str, Any] = {
        name: getattr(row, name) for name in ProvenanceView.__struct_fields__ if name != "remarks"
    }
    return ProvenanceView(**values, remarks=remarks)


async def _record(request: Request[Provenance, None], provenance_id: str, *, correct: bool) -> ProvenanceView:
    animal = await own_animal(request, "curator")
    command = RecordProvenance(
        provenance_id=provenance_id,
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        provenance=request.body,
        correct=correct,
    )
    done = await request.ask(command, Done)
    return _view(await request.read.need(AnimalProvenance, done.id), done.remarks)


@routes.post("/animals/{animal_id}/provenance", policy=member("curator"), status=201, errors=(404, 409, 422))
async def record_provenance(request: Request[Provenance, None]) -> ProvenanceView:
    """Note how an animal came or went. One that is sold or lent out gets that status."""
    return await _record(request, request.new_id(), correct=False)


@routes.put("/animals/{animal_id}/provenance/{provenance_id}", policy=member("curator"), errors=(404, 409, 422))
async def correct_provenance(request: Request[Provenance, None]) -> ProvenanceView:
    """Correct how an animal came or went."""
    return await _record(request, request.path["provenance_id"], correct=True)


@routes.delete("/animals/{animal_id}/provenance/{provenance_id}", policy=member("curator"), status=204, errors=(404,))
async def remove_provenance(request: Request[None, Removal]) -> None:
    """Strike out how an animal came or went."""
    animal = await own_animal(request, "curator")
    command = RemoveProvenance(
        provenance_id=request.path["provenance_id"],
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        reason=request.query.reason,
    )
    await request.tell(command)


@routes.get("/animals/{animal_id}/provenance", policy=member("curator"), errors=(404,))
async def list_provenance(request: Request[None, None]) -> list[ProvenanceView]:
    """List how an animal came to this vivarium and left it. Keepers and handlers see no prices, so they see none of it."""
    animal = await own_animal(request, "curator")
    rows = await request.read.find(provenance_of(animal.animal_id, animal.vivarium_id))
    return [_view(row) for row in rows]
