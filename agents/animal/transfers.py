"""Moves animals from owner to owner: one owner at any time, and a history of all of them."""

from collections.abc import AsyncIterator
from typing import Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.enclosures import leave_enclosure
from reptidex.agents.animal.holds import ended
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.numbering import next_code
from reptidex.agents.animal.records import updated
from reptidex.domain.ownership import price_class, refusal
from reptidex.streams.animal import AnimalTransferred, AnimalTransferRejected
from reptidex.streams.commerce import SalesTransactionCompleted
from reptidex.streams.contract import Event
from reptidex.tables.animal.keeping import offers_of
from reptidex.tables.animal.models import Animal, Collection, Hold, Ownership
from reptidex.tables.animal.queries import owners_of


def _hold_key(event: SalesTransactionCompleted) -> tuple[str, ...]:
    return (Hold.id_of(event.animal_id, event.transaction_id),)


def _buyer_key(event: SalesTransactionCompleted) -> tuple[str, ...]:
    return (event.buyer.vivarium_id,)


async def lapse_offers(animal: Animal, unit: Unit) -> None:
    """End the open offers of an animal that cannot be handed over any more."""
    for offer in await unit.find(offers_of(animal.animal_id)):
        unit.put(replace(offer, state="lapsed", settled_at=unit.now))
        unit.cancel_timer(f"transfer:{offer.transfer_id}")


async def move(
    animal: Animal,
    to_vivarium_id: str,
    how: Literal["sale", "gift"],
    unit: Unit,
    sale: SalesTransactionCompleted | None = None,
) -> Animal:
    """Give an animal its next owner: close the last ownership, open the next, in one unit of work.

    What its keepers noted of it goes along; their own notes, its place and where they had it from do not.
    """
    await leave_enclosure(animal, unit)
    await lapse_offers(animal, unit)
    history = await unit.find(owners_of(animal.animal_id))
    last = history[-1]
    unit.put(replace(last, until=unit.now))
    left = replace(animal, notes="", external_ref=None, enclosure_id=None, held_by=None, held_until=None)
    moved = replace(
        left,
        vivarium_id=to_vivarium_id,
        code=await next_code(to_vivarium_id, animal, unit),
        status="active",
        revision=animal.revision + 1,
        updated_at=unit.now,
    )
    keep(left, moved, unit, f"transferred: {how}")
    unit.put(
        Ownership(
            ownership_id=unit.new_id(),
            animal_id=animal.animal_id,
            number=last.number + 1,
            vivarium_id=to_vivarium_id,
            code=moved.code,
            since=unit.now,
            how=how,
            order_id=sale.order_id if sale else None,
            transaction_id=sale.transaction_id if sale else None,
        )
    )
    return moved


@agent(SalesTransactionCompleted, prefetch={Animal: "animal_id", Hold: _hold_key, Collection: _buyer_key})
async def transfer_sold_animal(event: SalesTransactionCompleted, unit: Unit) -> AsyncIterator[Event]:
    """Move a sold animal to its buyer, exactly once; or say why not, so that the sale is undone."""
    animal = await unit.get(Animal, event.animal_id)
    hold = await unit.get(Hold, Hold.id_of(event.animal_id, event.transaction_id))
    if hold is not None and hold.state in ("used", "rejected"):
        return
    reason = (
        "missing"
        if animal is None
        else refusal(
            owner=animal.vivarium_id,
            seller=event.seller.vivarium_id,
            status=animal.status,
            lineage=animal.lineage_status,
            held_by=animal.held_by,
            transaction_id=event.transaction_id,
            hold=hold.state if hold else None,
        )
    )
    if animal is None or reason is not None:
        if hold is not None:
            unit.put(replace(hold, state="rejected"))
        elif animal is not None:
            unit.put(ended(animal, event.transaction_id, "rejected", unit))
        if animal is not None and animal.held_by == event.transaction_id:
            unit.put(replace(animal, held_by=None, held_until=None))
        yield AnimalTransferRejected(
            animal_id=event.animal_id,
            order_id=event.order_id,
            transaction_id=event.transaction_id,
            generation=event.generation,
            from_vivarium_id=event.seller.vivarium_id,
            to_vivarium_id=event.buyer.vivarium_id,
            reason=reason or "missing",
        )
        return
    moved = await move(animal, event.buyer.vivarium_id, "sale", unit, event)
    if hold is not None:
        unit.put(replace(hold, state="used"))
    yield AnimalTransferred(
        animal_id=animal.animal_id,
        from_vivarium_id=animal.vivarium_id,
        to_vivarium_id=moved.vivarium_id,
        order_id=event.order_id,
        transaction_id=event.transaction_id,
        generation=event.generation,
        price_class=price_class(event.amount.amount, event.amount.currency),
        code=moved.code,
    )
    yield updated(moved, "vivarium_id", "code")
