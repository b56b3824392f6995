"""Inventory lines: opened by what is known of an animal, left by what happens to it."""

from typing import Any

import msgspec

from reptidex.agents.agent import Unit
from reptidex.agents.commerce.offers import change_listing, withdraw_listing
from reptidex.agents.commerce.saga import tell_sale
from reptidex.domain.sale.heard import CalledOff
from reptidex.streams.animal import AnimalRecord
from reptidex.streams.commands.commerce import Product
from reptidex.streams.commerce import InventoryAvailable, WithdrawalReason
from reptidex.streams.contract import Event
from reptidex.tables.commerce.models import Line, Listing
from reptidex.tables.commerce.sales import SaleRow

SHOWN = ("species_id", "species", "morphs", "sex", "lineage_status")
"""What an offer repeats of the animal."""


def shown_of(product: Product, line: Line) -> dict[str, Any]:
    """Return the fields of a `Listing` that tell of its animal."""
    return {
        "species_id": product.species_id,
        "species": product.species,
        "venomous": product.venomous,
        "morphs": line.morphs,
        "sex": product.sex,
        "lineage_status": product.lineage_status,
        "welfare": product.welfare,
    }


def line_of_product(product: Product, unit: Unit) -> Line:
    """Return a fresh line of an animal that no event has told of yet; the first one that does knows better."""
    return _fresh(product, (product.morph,) if product.morph else (), 0, unit)


def line_of_record(record: AnimalRecord, version: int, unit: Unit) -> Line:
    """Return a fresh line of an animal, as its record of this version describes it."""
    return _fresh(record, record.morphs, version, unit)


def _fresh(animal: AnimalRecord | Product, morphs: tuple[str, ...], version: int, unit: Unit) -> Line:
    line = Line(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        status="available",
        code=animal.code,
        name=animal.name,
        species_id=animal.species_id,
        species=animal.species,
        morphs=morphs,
        sex=animal.sex,
        animal_status=animal.status,
        lineage_status=animal.lineage_status,
        record_version=version,
        status_version=version,
        owner_version=version,
        lineage_version=version,
        updated_at=unit.now,
    )
    return line if line.sellable else msgspec.structs.replace(line, status="unavailable")


def open_line(unit: Unit, line: Line) -> list[Event]:
    """Write a new line, and say that the animal can be ordered, if it can."""
    unit.put(line)
    return [_available(line, "registered")] if line.sellable else []


def _available(line: Line, reason: str) -> InventoryAvailable:
    return InventoryAvailable(
        animal_id=line.animal_id,
        vivarium_id=line.vivarium_id,
        reason="registered" if reason == "registered" else "returned",
    )


def merged(line: Line, record: AnimalRecord, version: int, unit: Unit) -> Line:
    """Return a line with what a record knows better: each part of it by the version that it was last told at.

    The topics of one animal's events are not ordered among each other, so an older record must not undo what a newer
    transfer or validation said.
    """
    after = line
    if version > line.record_version:
        after = msgspec.structs.replace(
            after,
            code=record.code,
            name=record.name,
            species_id=record.species_id,
            species=record.species,
            morphs=record.morphs,
            sex=record.sex,
            record_version=version,
        )
    if version > line.status_version:
        after = msgspec.structs.replace(after, animal_status=record.status, status_version=version)
    if version > line.owner_version:
        after = msgspec.structs.replace(after, vivarium_id=record.vivarium_id, owner_version=version)
    if version > line.lineage_version:
        after = msgspec.structs.replace(after, lineage_status=record.lineage_status, lineage_version=version)
    return after if after == line else msgspec.structs.replace(after, updated_at=unit.now)


async def settle_line(unit: Unit, before: Line, after: Line) -> list[Event]:
    """Write a changed line and let its sale and its offer follow: called off, withdrawn, or shown as it now is."""
    if after.status != "reserved" and after.sellable != before.sellable:
        after = msgspec.structs.replace(after, status="available" if after.sellable else "unavailable")
    unit.put(after)
    events: list[Event] = []
    if after.status == "available" and before.status == "unavailable":
        events.append(_available(after, "returned"))
    if before.sellable and not after.sellable:
        return [*events, *await leave(unit, after, "animal")]
    if before.vivarium_id != after.vivarium_id:
        return [*events, *await leave(unit, after, "transferred")]
    if before.lineage_stands and not after.lineage_stands:
        events += await _call_off(unit, after)
        after = await unit.need(Line, after.animal_id)
    return [*events, *await _show(unit, before, after)]


async def leave(unit: Unit, line: Line, reason: WithdrawalReason) -> list[Event]:
    """Call off what cannot be sold any more, and take its offer down."""
    events = await _call_off(unit, line)
    listing = await unit.get(Listing, line.listing_id) if line.listing_id else None
    if listing is not None and listing.status in ("draft", "published"):
        events += await withdraw_listing(unit, listing, reason)
    return events


async def _call_off(unit: Unit, line: Line) -> list[Event]:
    """Call off the sale that a line is kept for. One whose animal is being handed over is past that, and goes on."""
    sale = await unit.get(SaleRow, line.transaction_id) if line.transaction_id else None
    return await tell_sale(unit, sale, CalledOff("withdrawn")) if sale is not None else []


async def _show(unit: Unit, before: Line, after: Line) -> list[Event]:
    changed = tuple(name for name in SHOWN if getattr(before, name) != getattr(after, name))
    listing = await unit.get(Listing, after.listing_id) if changed and after.listing_id else None
    if listing is None:
        return []
    if after.lineage_status == "rejected" and listing.status in ("draft", "published"):
        return await withdraw_listing(unit, listing, "animal")
    shown = {name: getattr(after, name) for name in changed}
    return change_listing(unit, msgspec.structs.replace(listing, **shown), changed)
