"""What is seen of pairings, and what happens to eggs while they lie."""

from datetime import date, datetime
from typing import Literal

import msgspec

from reptidex.errors import NotFoundError
from reptidex.http.animal.access import admit
from reptidex.http.animal.breeding import ClutchView, PairingView, clutch_view, get_pairing, own_clutch, own_pairing
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_breeding import (
    CandleClutch,
    Celsius,
    IncubateClutch,
    NoteKind,
    NotePairing,
    Percent,
    RemoveNote,
)
from reptidex.streams.values import Count, Id, LongText, Text
from reptidex.tables.animal.breeding import BreedingNote, Clutch
from reptidex.tables.animal.breeding_queries import notes_of

routes = Routes("breeding")


class NewNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that was seen."""

    kind: NoteKind
    on_day: date
    sire_id: Id | None = None
    """Which candidate; left out where there is one, or where it was not seen."""
    text: LongText = ""


class NewIncubation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and how the eggs lie from a day on."""

    method: Literal["incubator", "maternal", "natural"] = "incubator"
    since: date
    celsius: Celsius | None = None
    celsius_low: Celsius | None = None
    """The low of a cycle or a night drop; `celsius` is then its high."""
    humidity: Percent | None = None
    place: Text = ""
    medium: Text = ""


class NewCandling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What candling showed."""

    on_day: date
    good: Count
    doubtful: Count = 0
    bad: Count = 0
    text: LongText = ""
    counts: bool = False
    """Whether the clutch's fertile eggs are set to `good` and `doubtful`, and its slugs to `bad`."""


class NoteView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was seen of a pairing."""

    note_id: str
    pairing_id: str
    kind: str
    on_day: date
    sire_id: str | None
    text: str
    recorded_by: str | None
    recorded_at: datetime


@routes.post("/pairings/{pairing_id}/notes", policy=member("handler"), status=201, errors=(404, 409, 422))
async def note_pairing(request: Request[NewNote, None]) -> PairingView:
    """Note an introduction, a lock, an ovulation …; the answer says what is to be expected next."""
    pairing = await own_pairing(request, await admit(request, "handler"))
    values = msgspec.structs.asdict(request.body)
    command = NotePairing(
        note_id=request.new_id(), pairing_id=pairing.pairing_id, vivarium_id=pairing.vivarium_id, **values
    )
    await request.ask(command, Done)
    view: PairingView = await get_pairing(request)
    return view


@routes.get("/pairings/{pairing_id}/notes", policy=member("keeper"), errors=(404,))
async def list_notes(request: Request[None, Paging]) -> Page[NoteView]:
    """List what was noted of a pairing, day by day."""
    pairing = await own_pairing(request, await admit(request, "keeper"))
    rows, cursor = await request.read.page(notes_of(pairing.pairing_id), request.query)
    names = NoteView.__struct_fields__
    return Page(items=[NoteView(**{name: getattr(row, name) for name in names}) for row in rows], next=cursor)


@routes.delete("/pairings/{pairing_id}/notes/{note_id}", policy=member("handler"), errors=(404,))
async def remove_note(request: Request[None, None]) -> PairingView:
    """Take back a note."""
    pairing = await own_pairing(request, await admit(request, "handler"))
    note = await request.read.get(BreedingNote, request.path["note_id"])
    if note is None or note.pairing_id != pairing.pairing_id:
        raise NotFoundError("note", request.path["note_id"])
    command = RemoveNote(note_id=note.note_id, pairing_id=pairing.pairing_id, vivarium_id=pairing.vivarium_id)
    await request.ask(command, Done)
    view: PairingView = await get_pairing(request)
    return view


@routes.post("/clutches/{clutch_id}/incubation", policy=member("handler"), errors=(404, 409, 422))
async def incubate_clutch(request: Request[NewIncubation, None]) -> ClutchView:
    """Say where and how the eggs lie from a day on: the method, a move, another temperature."""
    clutch = await own_clutch(request, await admit(request, "handler"))
    values = msgspec.structs.asdict(request.body)
    await request.ask(IncubateClutch(clutch_id=clutch.clutch_id, vivarium_id=clutch.vivarium_id, **values), Done)
    return clutch_view(await request.read.need(Clutch, clutch.clutch_id))


@routes.post("/clutches/{clutch_id}/candlings", policy=member("handler"), errors=(404, 409, 422))
async def candle_clutch(request: Request[NewCandling, None]) -> ClutchView:
    """Note what candling showed, and let the clutch's counts follow where asked."""
    clutch = await own_clutch(request, await admit(request, "handler"))
    values = msgspec.structs.asdict(request.body)
    await request.ask(CandleClutch(clutch_id=clutch.clutch_id, vivarium_id=clutch.vivarium_id, **values), Done)
    return clutch_view(await request.read.need(Clutch, clutch.clutch_id))
