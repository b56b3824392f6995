"""Questions about parents between keepers: suggest, list, agree, decline."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from reptidex.http.animal.access import Asked, admit
from reptidex.http.animal.claims import AnsweredView, standing_now
from reptidex.http.animal.naming import Named, Names
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_lineage import (
    AnswerSuggestion,
    ParentRole,
    SuggestParent,
    WithdrawSuggestion,
)
from reptidex.streams.values import Evidence, Id, LongText, Text
from reptidex.tables.animal.lineage import Suggestion
from reptidex.tables.animal.pedigrees import suggestions_from, suggestions_to
from reptidex.tables.animal.queries import fetch

routes = Routes("lineage")


class NewSuggestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parent that somebody knows of."""

    role: ParentRole
    parent_id: Id
    evidence: Evidence = "claim"
    reference: Text = ""
    """Where the evidence can be found."""
    note: LongText = ""


class SuggestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A question about a parent, as both sides see it."""

    suggestion_id: str
    animal: Named
    role: str
    parent: Named
    asks: str
    """`keeper`: whether the parent suggested is right; `parent_keeper`: whether the parent claimed is."""
    from_vivarium_id: str
    at: datetime
    evidence: str
    reference: str
    note: str
    state: str
    decided_at: datetime | None
    answer: str


class SuggestionsWanted(Paging, frozen=True, kw_only=True):
    """Which suggestions."""

    direction: Literal["incoming", "outgoing"] = "incoming"
    state: Literal["open", "confirmed", "declined", "withdrawn", "overtaken"] | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the keeper adds to the answer."""

    note: LongText = ""


@routes.post("/animals/{animal_id}/parents/suggestions", policy=member("handler"), status=201, errors=(404, 409, 422))
async def suggest_parent(request: Request[NewSuggestion, None]) -> SuggestionView:
    """Suggest a parent of somebody else's animal to its keeper."""
    vivarium_id = await admit(request, "handler")
    command = SuggestParent(
        suggestion_id=request.new_id(),
        animal_id=request.path["animal_id"],
        from_vivarium_id=vivarium_id,
        **msgspec.structs.asdict(request.body),
    )
    done = await request.ask(command, Done)
    one = await request.read.need(Suggestion, done.id)
    return _suggestion(one, *await _both(request, [one], vivarium_id))


@routes.get("/lineage/suggestions", policy=member("keeper"))
async def list_suggestions(request: Request[None, SuggestionsWanted]) -> Page[SuggestionView]:
    """List what the vivarium is asked about its animals, or what it has asked others; oldest first."""
    vivarium_id = await admit(request, "keeper")
    wanted = request.query
    ask = suggestions_to if wanted.direction == "incoming" else suggestions_from
    rows, cursor = await request.read.page(ask(vivarium_id, wanted.state), wanted)
    names, every = await _both(request, rows, vivarium_id)
    return Page(items=[_suggestion(one, names, every) for one in rows], next=cursor)


@routes.post("/lineage/suggestions/{suggestion_id}/confirm", policy=member("handler"), errors=(404, 409, 422))
async def confirm_suggestion(request: Request[Answer, None]) -> AnsweredView:
    """Agree: take over a parent suggested, or confirm that one's animal is the parent claimed."""
    return await _answer(request, agree=True)


@routes.post("/lineage/suggestions/{suggestion_id}/decline", policy=member("handler"), errors=(404, 409))
async def decline_suggestion(request: Request[Answer, None]) -> AnsweredView:
    """Decline a parent suggested; or say that one's animal is not the parent claimed, which disputes the claim."""
    return await _answer(request, agree=False)


@routes.post("/lineage/suggestions/{suggestion_id}/withdraw", policy=member("handler"), status=204, errors=(404, 409))
async def withdraw_suggestion(request: Request[None, None]) -> None:
    """Take back a suggestion that has not been answered."""
    vivarium_id = await admit(request, "handler")
    one = await request.read.need(Suggestion, request.path["suggestion_id"])
    command = WithdrawSuggestion(suggestion_id=one.suggestion_id, animal_id=one.animal_id, vivarium_id=vivarium_id)
    await request.ask(command, Done)


async def _answer(request: Request[Answer, None], *, agree: bool) -> AnsweredView:
    vivarium_id = await admit(request, "handler")
    one = await request.read.need(Suggestion, request.path["suggestion_id"])
    command = AnswerSuggestion(
        suggestion_id=one.suggestion_id,
        animal_id=one.animal_id,
        vivarium_id=vivarium_id,
        agree=agree,
        note=request.body.note,
    )
    done = await request.ask(command, Done)
    return await standing_now(request, one.animal_id, done)


async def _both(request: Asked, rows: list[Suggestion], looking: str) -> tuple[Names, Names]:
    """Return what names the animals of these rows to somebody who looks for a vivarium, and what names them all."""
    animals = await fetch(request.read, {animal_id for one in rows for animal_id in (one.animal_id, one.parent_id)})
    return Names(animals, looking), Names(animals, None)


def _suggestion(one: Suggestion, names: Names, every: Names) -> SuggestionView:
    """Show a question. Whoever asks shows the animal that it is asked of, as long as it is theirs, to the one who is asked."""
    same = [name for name in SuggestionView.__struct_fields__ if name not in ("animal", "parent")]
    values: dict[str, Any] = {name: getattr(one, name) for name in same}

    def named(animal_id: str) -> Named:
        return every(animal_id) if every.owner(animal_id) == one.from_vivarium_id else names(animal_id)

    return SuggestionView(animal=named(one.animal_id), parent=named(one.parent_id), **values)
