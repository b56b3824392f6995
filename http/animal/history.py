"""The history of an animal's record, and the way back from the archive."""

from datetime import datetime

import msgspec

from reptidex.http.animal.access import own_animal
from reptidex.http.animal.naming import Names
from reptidex.http.animal.shapes import KEEPERS_ONLY, AnimalView
from reptidex.http.animal.showing import shown
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import Reason, RestoreAnimal
from reptidex.tables.animal.journal import Change, FieldChange, changes_of
from reptidex.tables.animal.models import Animal

routes = Routes("history")


class ChangeView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change. What an earlier owner kept to themselves (who, their notes) is left out."""

    change_id: str
    at: datetime
    action: str
    actor: str | None = None
    subject_id: str | None = None
    """The record concerned, where it is not the animal itself."""
    fields: tuple[FieldChange, ...] = ()
    earlier_owner: bool = False


class Restore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an animal is taken back."""

    reason: Reason


_PARENTS = ("sire_id", "dam_id")
HIDDEN = "hidden"
"""Stands in a change for a parent whose owner does not show who it is."""


def _view(row: Change, looking: str, names: Names) -> ChangeView:
    own = row.vivarium_id == looking
    fields = row.fields if own else (each for each in row.fields if each.field not in KEEPERS_ONLY)
    return ChangeView(
        change_id=row.change_id,
        at=row.at,
        action=row.action,
        actor=row.actor if own else None,
        subject_id=row.subject_id,
        fields=tuple(_told(each, names) if each.field in _PARENTS else each for each in fields),
        earlier_owner=not own,
    )


def _told(change: FieldChange, names: Names) -> FieldChange:
    before, after = (HIDDEN if names.hides(one) else one for one in (change.before, change.after))
    return FieldChange(field=change.field, before=before, after=after)


@routes.get("/animals/{animal_id}/history", policy=member("keeper"), errors=(404,))
async def list_changes(request: Request[None, Paging]) -> Page[ChangeView]:
    """List who changed what of an animal and of what is noted about it, latest first."""
    animal = await own_animal(request, "keeper")
    rows, cursor = await request.read.page(changes_of(animal.animal_id), request.query)
    changed = [each for row in rows for each in row.fields if each.field in _PARENTS]
    parents = {parent for each in changed for parent in (each.before, each.after) if parent}
    names = await Names.of(request.read, parents, animal.vivarium_id)
    return Page(items=[_view(row, animal.vivarium_id, names) for row in rows], next=cursor)


@routes.post("/animals/{animal_id}/restore", policy=member("curator"), errors=(404, 409))
async def restore_animal(request: Request[Restore, None]) -> AnimalView:
    """Take an animal back that was archived by mistake, or recorded dead and lives. What was erased stays erased."""
    animal = await own_animal(request, "curator")
    command = RestoreAnimal(animal_id=animal.animal_id, vivarium_id=animal.vivarium_id, reason=request.body.reason)
    done = await request.ask(command, Done)
    return await shown(request.read, await request.read.need(Animal, done.id), animal.vivarium_id)
