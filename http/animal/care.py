"""What keepers note of their animals' care and health; nobody else reads it."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.registry.growth import Growth, Weighed, growth
from reptidex.errors import NotFoundError
from reptidex.http.animal.access import admit, own_animal
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_care import (
    CareKind,
    CorrectHealth,
    Entry,
    NotedMany,
    Reason,
    RecordForMany,
    RecordHealth,
    RemoveHealth,
)
from reptidex.streams.values import Id
from reptidex.tables.animal.health import HealthRecord, health_of

routes = Routes("care and health")


class CareFilter(Paging, frozen=True, kw_only=True):
    """Which records of an animal."""

    kind: list[CareKind] = []
    """Several may be named; none means all."""
    since: date | None = None
    until: date | None = None
    removed: bool = False
    """Whether those that were struck out are listed too."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From when until when."""

    since: date | None = None
    until: date | None = None


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is struck out."""

    reason: Reason


class ForMany(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same for several animals: one evening's feeding."""

    animal_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=200)]
    entry: Entry


class HealthView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record. Who noted it is said for one's own vivarium alone; records come along when an animal changes hands."""

    record_id: str
    animal_id: str
    vivarium_id: str
    entry: Entry
    recorded_by: str | None = None
    recorded_at: datetime
    corrected_at: datetime | None = None
    removed_at: datetime | None = None
    removed_because: str = ""


def health_view(row: HealthRecord, looking: str) -> HealthView:
    """Show a record to somebody who looks for a vivarium."""
    values: dict[str, Any] = {name: getattr(row, name) for name in HealthView.__struct_fields__}
    if row.vivarium_id != looking:
        values["recorded_by"] = None
    return HealthView(**values)


@routes.post("/animals/{animal_id}/health", policy=member("handler"), status=201, errors=(404, 422))
async def record_health(request: Request[Entry, None]) -> HealthView:
    """Note a weight, a meal, a shed, a medicine, a visit to the veterinarian and more; `kind` says which."""
    animal = await own_animal(request, "handler")
    command = RecordHealth(
        record_id=request.new_id(), animal_id=animal.animal_id, vivarium_id=animal.vivarium_id, entry=request.body
    )
    done = await request.ask(command, Done)
    return health_view(await request.read.need(HealthRecord, done.id), animal.vivarium_id)


@routes.post("/health/batch", policy=member("handler"), status=201, errors=(404, 422))
async def record_for_many(request: Request[ForMany, None]) -> NotedMany:
    """Note the same of several animals at once; all of them, or none."""
    vivarium_id = await admit(request, "handler")
    animal_ids = tuple(dict.fromkeys(request.body.animal_ids))
    command = RecordForMany(
        vivarium_id=vivarium_id,
        record_ids=tuple(request.new_id() for _ in animal_ids),
        animal_ids=animal_ids,
        entry=request.body.entry,
    )
    return await request.ask(command, NotedMany)


@routes.get("/animals/{animal_id}/health", policy=member("keeper"), errors=(404, 422))
async def list_health(request: Request[None, CareFilter]) -> Page[HealthView]:
    """List what was noted of an animal, latest first; by kind and time where asked."""
    animal = await own_animal(request, "keeper")
    wanted = request.query
    query = health_of(
        animal.animal_id,
        kinds=tuple(wanted.kind),
        since=wanted.since,
        until=wanted.until,
        removed=wanted.removed,
    )
    rows, cursor = await request.read.page(query, wanted)
    return Page(items=[health_view(row, animal.vivarium_id) for row in rows], next=cursor)


@routes.put("/animals/{animal_id}/health/{record_id}", policy=member("handler"), errors=(404, 422))
async def correct_health(request: Request[Entry, None]) -> HealthView:
    """Correct a record: another entry of the same kind takes its place, and the history keeps what it said."""
    animal = await own_animal(request, "handler")
    command = CorrectHealth(
        record_id=request.path["record_id"],
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        entry=request.body,
    )
    done = await request.ask(command, Done)
    return health_view(await request.read.need(HealthRecord, done.id), animal.vivarium_id)


@routes.delete("/animals/{animal_id}/health/{record_id}", policy=member("handler"), errors=(404, 422))
async def remove_health(request: Request[None, Removal]) -> HealthView:
    """Strike a record out. It stays with the reason, is listed where asked (`removed=true`), and counts no more."""
    animal = await own_animal(request, "handler")
    command = RemoveHealth(
        record_id=request.path["record_id"],
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        reason=request.query.reason,
    )
    done = await request.ask(command, Done)
    return health_view(await request.read.need(HealthRecord, done.id), animal.vivarium_id)


@routes.get("/animals/{animal_id}/weights", policy=member("keeper"), errors=(404, 422))
async def show_growth(request: Request[None, Span]) -> Growth:
    """Show an animal's weights, oldest first, with what changed from one to the next, its pace, and a loss worth a look."""
    animal = await own_animal(request, "keeper")
    span = request.query
    rows = await request.read.find(health_of(animal.animal_id, kinds=("weight",), since=span.since, until=span.until))
    return growth([Weighed(on_day=row.on_day, grams=row.grams) for row in rows if row.grams is not None])


@routes.get("/animals/{animal_id}/health/{record_id}", policy=member("keeper"), errors=(404,))
async def get_health(request: Request[None, None]) -> HealthView:
    """Show one record."""
    animal = await own_animal(request, "keeper")
    found = await request.read.get(HealthRecord, request.path["record_id"])
    if found is None or found.animal_id != animal.animal_id:
        raise NotFoundError("record", request.path["record_id"])
    return health_view(found, animal.vivarium_id)
