"""Handing animals over outside a sale, and the history of who had them."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from reptidex.errors import NotFoundError
from reptidex.http.animal.access import admit, own_animal
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import OfferAnimal, Offered, SettleOffer
from reptidex.streams.values import Id, Personal
from reptidex.tables.animal.keeping import Transfer, transfers_of
from reptidex.tables.animal.models import Ownership
from reptidex.tables.animal.queries import owners_of

routes = Routes("transfers")


class Gift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom an animal is handed over outside a sale."""

    to_vivarium_id: Id
    message: Personal = ""


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """An offer to hand an animal over, and what became of it."""

    transfer_id: str
    animal_id: str
    code: str
    species: str
    from_vivarium_id: str
    to_vivarium_id: str
    state: str
    message: str
    offered_at: datetime
    until: datetime
    settled_at: datetime | None


class TransferFilter(Paging, frozen=True, kw_only=True):
    """Which offers."""

    direction: Literal["incoming", "outgoing"] = "incoming"
    state: Literal["offered", "accepted", "declined", "withdrawn", "lapsed"] | None = None


class OwnerView(msgspec.Struct, frozen=True, kw_only=True):
    """One owner's time with an animal."""

    number: int
    vivarium_id: str
    since: date
    until: date | None
    how: str


def _view(row: Transfer) -> TransferView:
    values: dict[str, Any] = {name: getattr(row, name) for name in TransferView.__struct_fields__}
    return TransferView(**values)


@routes.post("/animals/{animal_id}/transfer", policy=member("curator"), errors=(404, 409, 422))
async def offer_animal(request: Request[Gift, None]) -> TransferView:
    """Hand an animal over outside a sale: it moves once the other vivarium accepts, or at once where the caller works there too.

    Refused while a sale holds it.
    """
    animal = await own_animal(request, "curator")
    command = OfferAnimal(
        transfer_id=request.new_id(),
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        to_vivarium_id=request.body.to_vivarium_id,
        message=request.body.message,
    )
    offered = await request.ask(command, Offered)
    return _view(await request.read.need(Transfer, offered.transfer_id))


@routes.get("/transfers", policy=member("keeper"))
async def list_transfers(request: Request[None, TransferFilter]) -> Page[TransferView]:
    """List the animals that were offered to the vivarium, or by it; latest first."""
    vivarium_id = await admit(request, "keeper")
    query = transfers_of(vivarium_id, incoming=request.query.direction == "incoming", state=request.query.state)
    rows, cursor = await request.read.page(query, request.query)
    return Page(items=[_view(row) for row in rows], next=cursor)


@routes.post("/transfers/{transfer_id}/accept", policy=member("curator"), errors=(404, 409))
async def accept_transfer(request: Request[None, None]) -> TransferView:
    """Accept an animal that was offered: it moves with its pedigree, its care and its history, under a code of one's own."""
    return await _settle(request, "accepted")


@routes.post("/transfers/{transfer_id}/decline", policy=member("curator"), errors=(404, 409))
async def decline_transfer(request: Request[None, None]) -> TransferView:
    """Decline an animal that was offered."""
    return await _settle(request, "declined")


@routes.post("/transfers/{transfer_id}/withdraw", policy=member("curator"), errors=(404, 409))
async def withdraw_transfer(request: Request[None, None]) -> TransferView:
    """Take an offer back."""
    return await _settle(request, "withdrawn")


async def _settle(request: Request[None, None], how: Literal["accepted", "declined", "withdrawn"]) -> TransferView:
    vivarium_id = await admit(request, "curator")
    transfer_id = request.path["transfer_id"]
    offer = await request.read.get(Transfer, transfer_id)
    if offer is None or vivarium_id not in (offer.from_vivarium_id, offer.to_vivarium_id):
        raise NotFoundError("transfer", transfer_id)
    command = SettleOffer(transfer_id=transfer_id, animal_id=offer.animal_id, vivarium_id=vivarium_id, how=how)
    done = await request.ask(command, Done)
    return _view(await request.read.need(Transfer, done.id))


@routes.get("/animals/{animal_id}/owners", policy=member("keeper"), errors=(404,))
async def list_owners(request: Request[None, None]) -> list[OwnerView]:
    """List who has owned an animal, first to last; for its present keepers."""
    animal = await own_animal(request, "keeper")
    return [_owner(row) for row in await request.read.find(owners_of(animal.animal_id))]


def _owner(row: Ownership) -> OwnerView:
    until = row.until.date() if row.until else None
    return OwnerView(number=row.number, vivarium_id=row.vivarium_id, since=row.since.date(), until=until, how=row.how)
