"""Claims of parents: how they stand, who disputes them, and all that was said of them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.http.animal.access import Asked, admit, seen_animal
from reptidex.http.animal.naming import Named, Names
from reptidex.http.server.policy import member, public, scope
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done, Remarked
from reptidex.streams.commands.animal_lineage import DisputeParent, Outcome, ParentRole, ResolveParent
from reptidex.streams.values import Evidence, LongText, Text
from reptidex.tables.animal.lineage import Descent, LineageEntry
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import history_of

routes = Routes("lineage")

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Stands for the platform, where the administrator acts for no vivarium."""


class AnsweredView(msgspec.Struct, frozen=True, kw_only=True):
    """How a claim stands after what was said."""

    animal_id: str
    lineage_status: str
    sire_standing: str | None
    dam_standing: str | None
    remarks: tuple[Remarked, ...] = ()


class NewDispute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a parent cannot be right."""

    role: ParentRole
    evidence: Evidence = "claim"
    reference: Text = ""
    note: Annotated[str, Meta(min_length=1, max_length=2000)]


class Resolution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a dispute ends, or what a laboratory found."""

    role: ParentRole
    outcome: Outcome
    """`withdrawn` by whoever disputes, `yielded` by the keeper; a laboratory `supported` or `excluded` the parent."""
    reference: Text = ""
    """The laboratory's report; needed for its findings."""
    note: LongText = ""


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One line in the history of a lineage. Who acted and what was noted is shown to the animal's keepers."""

    at: datetime
    role: str
    parent: Named | None
    act: str
    standing: str | None
    evidence: str | None
    vivarium_id: str | None = None
    actor: str | None = None
    reference: str = ""
    note: str = ""


@routes.post("/animals/{animal_id}/lineage/dispute", policy=member("curator"), errors=(404, 409, 422))
async def dispute_parent(request: Request[NewDispute, None]) -> AnsweredView:
    """Dispute a parent, as the keeper of either animal or the breeder. Until that is settled, the animal is not sold."""
    vivarium_id = await admit(request, "curator")
    command = DisputeParent(
        animal_id=request.path["animal_id"], vivarium_id=vivarium_id, **msgspec.structs.asdict(request.body)
    )
    done = await request.ask(command, Done)
    return await standing_now(request, command.animal_id, done)


@routes.post("/animals/{animal_id}/lineage/resolve", policy=member("curator"), errors=(403, 404, 409, 422))
async def resolve_parent(request: Request[Resolution, None]) -> AnsweredView:
    """End a dispute as one of its sides, or record what a laboratory found."""
    vivarium_id = await admit(request, "curator")
    return await _resolve(request, vivarium_id, platform=False)


@routes.post("/animals/{animal_id}/lineage/decide", policy=scope("admin"), errors=(404, 409, 422))
async def decide_parent(request: Request[Resolution, None]) -> AnsweredView:
    """End a dispute as the platform."""
    return await _resolve(request, request.caller.vivarium_id or NOBODY, platform=True)


async def _resolve(request: Request[Resolution, None], vivarium_id: str, *, platform: bool) -> AnsweredView:
    command = ResolveParent(
        animal_id=request.path["animal_id"],
        vivarium_id=vivarium_id,
        platform=platform,
        **msgspec.structs.asdict(request.body),
    )
    done = await request.ask(command, Done)
    return await standing_now(request, command.animal_id, done)


@routes.get("/animals/{animal_id}/lineage/history", policy=public(), errors=(404,))
async def get_history(request: Request[None, Paging]) -> Page[EntryView]:
    """List what was said of an animal's parents, when and on what evidence, oldest first."""
    animal, looking = await seen_animal(request)
    rows, cursor = await request.read.page(history_of(animal.animal_id), request.query)
    names = await Names.of(request.read, {one.parent_id for one in rows if one.parent_id}, looking)
    mine = looking == animal.vivarium_id
    return Page(items=[_entry(one, names, mine) for one in rows], next=cursor)


def _entry(one: LineageEntry, names: Names, mine: bool) -> EntryView:
    shown = EntryView(
        at=one.at,
        role=one.role,
        parent=names(one.parent_id) if one.parent_id else None,
        act=one.act,
        standing=one.standing,
        evidence=one.evidence,
    )
    if not mine:
        return shown
    return msgspec.structs.replace(
        shown, vivarium_id=one.vivarium_id, actor=one.actor, reference=one.reference, note=one.note
    )


async def standing_now(request: Asked, animal_id: str, done: Done) -> AnsweredView:
    """Show how an animal's lineage stands after a command."""
    animal = await request.read.need(Animal, animal_id)
    place = await request.read.need(Descent, animal_id)
    return AnsweredView(
        animal_id=animal_id,
        lineage_status=animal.lineage_status,
        sire_standing=place.sire_standing,
        dam_standing=place.dam_standing,
        remarks=done.remarks,
    )
