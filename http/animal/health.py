"""What keepers note of their animals' health; nobody else reads it."""

from datetime import date
from typing import Literal

import msgspec

from reptidex.http.animal.access import own_animal
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done, RecordHealth
from reptidex.streams.values import Count, LongText
from reptidex.tables.animal.models import HealthRecord
from reptidex.tables.animal.queries import health_of

routes = Routes("health records")


class NewRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something about an animal's health."""

    kind: Literal["weight", "shed", "treatment", "checkup", "injury", "note"]
    on_day: date
    grams: Count | None = None
    text: LongText = ""


@routes.post("/animals/{animal_id}/health", policy=member("handler"), status=201, errors=(404, 422))
async def record_health(request: Request[NewRecord, None]) -> HealthRecord:
    """Note something about an animal's health."""
    animal = await own_animal(request, "handler")
    body = request.body
    command = RecordHealth(
        record_id=request.new_id(),
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        kind=body.kind,
        on_day=body.on_day,
        grams=body.grams,
        text=body.text,
    )
    done = await request.ask(command, Done)
    return await request.read.need(HealthRecord, done.id)


@routes.get("/animals/{animal_id}/health", policy=member("keeper"), errors=(404,))
async def list_health(request: Request[None, Paging]) -> Page[HealthRecord]:
    """List what was noted of an animal's health, latest first."""
    animal = await own_animal(request, "keeper")
    rows, cursor = await request.read.page(health_of(animal.animal_id), request.query)
    return Page(items=rows, next=cursor)
