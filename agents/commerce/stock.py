"""Acts of a sale on the inventory: the line is kept, freed or sold, and the offer follows it."""

from typing import Literal, cast

import msgspec

from reptidex.agents.commerce.offers import change_listing, close_inquiries, expire_listing, withdraw_listing
from reptidex.agents.commerce.step import Step
from reptidex.agents.commerce.track import cancel_order, complete_order
from reptidex.streams.commerce import (
    InventoryAvailable,
    InventoryReserved,
    InventoryTransferred,
    MarketplaceListingSold,
    WithdrawalReason,
)
from reptidex.streams.contract import Event
from reptidex.streams.values import Money
from reptidex.tables.commerce.models import Line, Listing


async def reserve(step: Step) -> list[Event]:
    """Keep the line for this sale until its deadline."""
    unit, sale = step.unit, step.sale
    line = await unit.need(Line, sale.animal_id)
    unit.put(
        msgspec.structs.replace(
            line,
            status="reserved",
            transaction_id=sale.transaction_id,
            order_id=sale.order_id,
            reserved_until=sale.reserved_until,
            updated_at=unit.now,
        )
    )
    reserved = InventoryReserved(
        animal_id=line.animal_id, vivarium_id=line.vivarium_id, order_id=sale.order_id, until=sale.reserved_until
    )
    listing = await unit.need(Listing, sale.listing_id)
    return [reserved, *change_listing(unit, msgspec.structs.replace(listing, status="reserved"), ("status",))]


async def free(step: Step) -> list[Event]:
    """Offer the animal again, as far as it can still be sold, and call the order off."""
    unit, sale = step.unit, step.sale
    line = await unit.need(Line, sale.animal_id)
    freed = _free_line(line, "available" if line.sellable else "unavailable")
    unit.put(msgspec.structs.replace(freed, updated_at=unit.now))
    events: list[Event] = []
    if line.sellable:
        reason: Literal["released", "expired", "returned"] = "expired" if sale.reason == "expired" else "released"
        events.append(
            InventoryAvailable(
                animal_id=line.animal_id,
                vivarium_id=line.vivarium_id,
                reason="returned" if sale.money in ("captured", "refunded") else reason,
                order_id=sale.order_id,
            )
        )
    return [*events, *await _reopen_listing(step, freed), *await cancel_order(step)]


async def _reopen_listing(step: Step, line: Line) -> list[Event]:
    unit = step.unit
    listing = await unit.need(Listing, step.sale.listing_id)
    if listing.status != "reserved":
        return []
    if line.vivarium_id != listing.vivarium_id:
        return await withdraw_listing(unit, listing, "transferred")
    if listing.ends_as:
        return await withdraw_listing(unit, listing, cast(WithdrawalReason, listing.ends_as))
    if not line.sellable or line.lineage_status == "rejected":
        return await withdraw_listing(unit, listing, "animal")
    if listing.expires_at is not None and listing.expires_at <= unit.now:
        return await expire_listing(unit, listing)
    return change_listing(unit, msgspec.structs.replace(listing, status="published"), ("status",))


async def sell(step: Step) -> list[Event]:
    """Move the line to the buyer, close the offer, complete the order."""
    unit, sale = step.unit, step.sale
    line = await unit.need(Line, sale.animal_id)
    moved = _free_line(line, "available" if line.sellable else "unavailable")
    if line.vivarium_id == sale.seller_vivarium_id:
        moved = msgspec.structs.replace(moved, vivarium_id=sale.buyer_vivarium_id)
    unit.put(msgspec.structs.replace(moved, listing_id="", updated_at=unit.now))
    transferred = InventoryTransferred(
        animal_id=line.animal_id,
        from_vivarium_id=sale.seller_vivarium_id,
        to_vivarium_id=sale.buyer_vivarium_id,
        order_id=sale.order_id,
    )
    listing = await unit.need(Listing, sale.listing_id)
    unit.put(msgspec.structs.replace(listing, status="sold", updated_at=unit.now))
    sold = MarketplaceListingSold(
        listing_id=listing.listing_id,
        animal_id=listing.animal_id,
        vivarium_id=listing.vivarium_id,
        order_id=sale.order_id,
        buyer_vivarium_id=sale.buyer_vivarium_id,
        price=Money(amount=listing.price, currency=listing.currency),
    )
    closed = await close_inquiries(unit, listing.listing_id, "sold")
    return [transferred, sold, *closed, *await complete_order(step)]


def _free_line(line: Line, status: Literal["available", "unavailable"]) -> Line:
    return msgspec.structs.replace(line, status=status, transaction_id="", order_id="", reserved_until=None)
