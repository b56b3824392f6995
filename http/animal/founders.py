"""Placeholders and founders, where a pedigree begins; and what a vivarium holds its lineages to."""

from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.lineage import CLOSE
from reptidex.http.animal.access import admit, own_animal
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import Done, Remarked
from reptidex.streams.commands.animal_lineage import LinkPlaceholder, SetFounderInbreeding, SetLineageRules
from reptidex.streams.values import Id, Share
from reptidex.tables.animal.lineage import Descent, LineageRules

routes = Routes("lineage")


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The registered animal that a placeholder stands for."""

    to_animal_id: Id


class LinkedView(msgspec.Struct, frozen=True, kw_only=True):
    """A placeholder that has been linked."""

    animal_id: str
    linked_to: str
    remarks: tuple[Remarked, ...]


class FounderInbreeding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wright's F of an animal whose parents are not recorded; null to take it back."""

    inbreeding: Share | None


class RulesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a vivarium holds its lineages to."""

    inbreeding_limit: Annotated[float, Meta(gt=0, le=1)]
    """The inbreeding of young from which a pair is warned about."""


@routes.post("/animals/{animal_id}/link", policy=member("curator"), errors=(404, 422))
async def link_placeholder(request: Request[Link, None]) -> LinkedView:
    """Say which registered animal a placeholder stands for: its young become that animal's, and it is archived."""
    animal = await own_animal(request, "curator")
    command = LinkPlaceholder(
        animal_id=animal.animal_id, vivarium_id=animal.vivarium_id, to_animal_id=request.body.to_animal_id
    )
    done = await request.ask(command, Done)
    return LinkedView(animal_id=animal.animal_id, linked_to=done.id, remarks=done.remarks)


@routes.put("/animals/{animal_id}/founder-inbreeding", policy=member("handler"), errors=(404, 422))
async def set_founder_inbreeding(request: Request[FounderInbreeding, None]) -> FounderInbreeding:
    """Give the inbreeding of a founder; all who descend from it are worked out anew."""
    animal = await own_animal(request, "handler")
    command = SetFounderInbreeding(
        animal_id=animal.animal_id, vivarium_id=animal.vivarium_id, inbreeding=request.body.inbreeding
    )
    await request.ask(command, Done)
    place = await request.read.need(Descent, animal.animal_id)
    return FounderInbreeding(inbreeding=place.given_inbreeding)


@routes.get("/lineage/rules", policy=member("keeper"))
async def get_rules(request: Request[None, None]) -> RulesBody:
    """Show what the vivarium holds its lineages to."""
    rules = await request.read.get(LineageRules, await admit(request, "keeper"))
    return RulesBody(inbreeding_limit=rules.inbreeding_limit if rules else CLOSE)


@routes.put("/lineage/rules", policy=member("curator"))
async def set_rules(request: Request[RulesBody, None]) -> RulesBody:
    """Set what the vivarium holds its lineages to."""
    vivarium_id = await admit(request, "curator")
    await request.ask(SetLineageRules(vivarium_id=vivarium_id, inbreeding_limit=request.body.inbreeding_limit), Done)
    return request.body
