"""An animal's care at a glance, and a vivarium's care records as a file."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from reptidex.domain.interchange.cells import write_table
from reptidex.domain.interchange.formats import MEDIA_TYPES, AnimalFormat
from reptidex.http.animal.access import admit, own_animal
from reptidex.http.animal.care import HealthView, Span, health_view
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Paging, Request, Routes, Stream
from reptidex.streams.commands.animal_care import CareKind, Feeding, Medication, Visit
from reptidex.tables.animal.health import HealthRecord, care_of, health_of
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import fetch

routes = Routes("care and health")

PAGE = 200
COLUMNS = ("record_id", "animal_id", "code", "kind", "on_day", "grams", "text", "details")


class CareOverview(msgspec.Struct, frozen=True, kw_only=True):
    """An animal's care at a glance."""

    animal_id: str
    last: dict[str, HealthView]
    """The latest record of each kind."""
    last_ate_on: date | None
    """The last meal that it took."""
    refused_since: int
    """Meals offered and not taken since then."""
    courses: list[HealthView]
    """Medicines that it is being given."""
    withdrawal_until: date | None
    """Until when residues have to be reckoned with."""
    next_visit_on: date | None


class CareExport(Span, frozen=True, kw_only=True):
    """Which records, and how they are written."""

    format: AnimalFormat = "csv"
    kind: list[CareKind] = []


@routes.get("/animals/{animal_id}/care", policy=member("keeper"), errors=(404,))
async def show_care(request: Request[None, None]) -> CareOverview:
    """Show an animal's care at a glance: the latest of each kind, its appetite, medicines under way, what comes next."""
    animal = await own_animal(request, "keeper")
    today = datetime.now(UTC).date()
    rows = await request.read.find(health_of(animal.animal_id))
    last: dict[str, HealthRecord] = {}
    for row in rows:
        last.setdefault(row.kind, row)
    meals = [row.entry for row in rows if isinstance(row.entry, Feeding)]
    taken = next((place for place, meal in enumerate(meals) if meal.response == "accepted"), None)
    doses = [(row, row.entry) for row in rows if isinstance(row.entry, Medication)]
    withdrawals = [
        dose.withdrawal_until for _, dose in doses if dose.withdrawal_until and dose.withdrawal_until >= today
    ]
    visits = [row.entry.next_on for row in rows if isinstance(row.entry, Visit) and row.entry.next_on]
    return CareOverview(
        animal_id=animal.animal_id,
        last={kind: health_view(row, animal.vivarium_id) for kind, row in last.items()},
        last_ate_on=meals[taken].on_day if taken is not None else None,
        refused_since=len(meals) if taken is None else taken,
        courses=[health_view(row, animal.vivarium_id) for row, dose in doses if (dose.until or dose.on_day) >= today],
        withdrawal_until=max(withdrawals, default=None),
        next_visit_on=min((day for day in visits if day >= today), default=None),
    )


@routes.get("/health/export", policy=member("keeper", cost=20), errors=(422,))
async def export_care(request: Request[None, CareExport]) -> Stream:
    """Export what the vivarium's keepers noted, oldest first, sent as it is read. `details` holds a record's entry as JSON.

    `POST /health/import` takes the file in again, here or in another vivarium whose animals have the same codes.
    """
    vivarium_id = await admit(request, "keeper")
    parts = _parts(request, vivarium_id)
    day = datetime.now(UTC).strftime("%Y%m%d")
    name = f"reptidex-care-{day}.{request.query.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(parts=parts, content_type=MEDIA_TYPES[request.query.format], headers=headers)


async def _parts(request: Request[None, CareExport], vivarium_id: str) -> AsyncIterator[bytes]:
    wanted, cursor, first = request.query, None, True
    query = care_of(vivarium_id, kinds=tuple(wanted.kind), since=wanted.since, until=wanted.until)
    if wanted.format == "json":
        yield b'{"format":"reptidex-care","version":1,"records":['
    while first or cursor is not None:
        rows, cursor = await request.read.page(query, Paging(cursor=cursor, limit=PAGE))
        animals = await fetch(request.read, [row.animal_id for row in rows])
        if wanted.format == "csv":
            yield write_table(COLUMNS, [_cells(row, animals) for row in rows], heading=first).encode()
        elif rows:
            views = b",\n".join(_json(row, animals, vivarium_id) for row in rows)
            yield (b"\n" if first else b",\n") + views
        first = False
    if wanted.format == "json":
        yield b"\n]}\n"


def _code(row: HealthRecord, animals: dict[str, Animal]) -> str:
    there = animals.get(row.animal_id)
    return there.code if there and there.vivarium_id == row.vivarium_id else ""


def _json(row: HealthRecord, animals: dict[str, Animal], vivarium_id: str) -> bytes:
    view: dict[str, Any] = msgspec.to_builtins(health_view(row, vivarium_id))
    return msgspec.json.encode(view | {"code": _code(row, animals)})


def _cells(row: HealthRecord, animals: dict[str, Animal]) -> list[str]:
    own = _code(row, animals)
    grams = "" if row.grams is None else f"{row.grams:g}"
    details = msgspec.json.encode(row.entry).decode()
    return [row.record_id, row.animal_id, own, row.kind, row.on_day.isoformat(), grams, row.entry.text, details]
