"""The inventory follows repti-animal: a line an animal, opened, described, moved and closed by its events."""

from collections.abc import AsyncIterator

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.lines import line_of_product, line_of_record, merged, open_line, settle_line
from reptidex.agents.commerce.saga import tell_sale
from reptidex.domain.sale.heard import Transferred, TransferRejected
from reptidex.errors import NotFoundError, NotYetError
from reptidex.streams.animal import (
    AnimalArchived,
    AnimalCreated,
    AnimalTransferred,
    AnimalTransferRejected,
    AnimalUpdated,
    LineageValidated,
)
from reptidex.streams.commands.commerce import OpenLine
from reptidex.streams.commerce import InventoryTransferred
from reptidex.streams.contract import Event
from reptidex.tables.commerce.models import Line
from reptidex.tables.commerce.sales import SaleRow


@agent(AnimalCreated, AnimalUpdated, prefetch={Line: "animal_id"})
async def follow_animal(event: AnimalCreated | AnimalUpdated, unit: Unit) -> AsyncIterator[Event]:
    """Open an inventory line for a new animal, and keep it as the animal's record reads."""
    version = unit.cause.version
    line = await unit.get(Line, event.animal_id)
    if line is None:
        for said in open_line(unit, line_of_record(event, version, unit)):
            yield said
        return
    after = merged(line, event, version, unit)
    if after != line:
        for said in await settle_line(unit, line, after):
            yield said


@agent(OpenLine, prefetch={Line: "animal_id"})
async def open_line_on_request(command: OpenLine, unit: Unit) -> AsyncIterator[Event]:
    """Open an animal's line where its first event has not arrived yet."""
    product = command.product
    if product.vivarium_id != command.vivarium_id:
        raise NotFoundError("animal", command.animal_id)
    line = await unit.get(Line, command.animal_id)
    if line is None:
        line = line_of_product(product, unit)
        for said in open_line(unit, line):
            yield said
    unit.answer(line)


async def _line(unit: Unit, animal_id: str) -> Line:
    line = await unit.get(Line, animal_id)
    if line is None:
        raise NotYetError(f"the animal {animal_id} has no inventory line yet")
    return line


@agent(AnimalTransferred, prefetch={Line: "animal_id"})
async def move_line(event: AnimalTransferred, unit: Unit) -> AsyncIterator[Event]:
    """Move the line to the new owner: by a sale of ours the sale is completed, by any other way it is called off."""
    line, version = await _line(unit, event.animal_id), unit.cause.version
    if version <= line.transfer_version:
        return
    after = msgspec.structs.replace(line, transfer_version=version, updated_at=unit.now)
    if version > line.owner_version:
        after = msgspec.structs.replace(after, vivarium_id=event.to_vivarium_id, owner_version=version)
    sale = await unit.get(SaleRow, event.transaction_id) if event.transaction_id else None
    if sale is not None and sale.animal_id == event.animal_id and event.to_vivarium_id == sale.buyer_vivarium_id:
        unit.put(after)
        for said in await tell_sale(unit, sale, Transferred()):
            yield said
        return
    for said in await settle_line(unit, line, after):
        yield said
    yield InventoryTransferred(
        animal_id=event.animal_id,
        from_vivarium_id=event.from_vivarium_id,
        to_vivarium_id=event.to_vivarium_id,
        order_id=event.order_id,
    )


@agent(AnimalTransferRejected, prefetch={SaleRow: "transaction_id"})
async def undo_sale(event: AnimalTransferRejected, unit: Unit) -> AsyncIterator[Event]:
    """Pay the buyer back and free the stock, where the animal cannot change hands."""
    sale = await unit.need(SaleRow, event.transaction_id)
    if sale.animal_id == event.animal_id:
        for said in await tell_sale(unit, sale, TransferRejected()):
            yield said


@agent(AnimalArchived, prefetch={Line: "animal_id"})
async def close_line(event: AnimalArchived, unit: Unit) -> AsyncIterator[Event]:
    """Take an animal that died or was erased out of stock; a sale of it that is not paid yet is called off."""
    line, version = await _line(unit, event.animal_id), unit.cause.version
    if version <= line.status_version:
        return
    status = "deceased" if event.reason == "deceased" else "archived"
    after = msgspec.structs.replace(line, animal_status=status, status_version=version, updated_at=unit.now)
    for said in await settle_line(unit, line, after):
        yield said


@agent(LineageValidated, prefetch={Line: "animal_id"})
async def note_lineage(event: LineageValidated, unit: Unit) -> AsyncIterator[Event]:
    """Show the standing of an animal's lineage with its offer; an offer with a rejected lineage is withdrawn."""
    line, version = await _line(unit, event.animal_id), unit.cause.version
    if version <= line.lineage_version:
        return
    after = msgspec.structs.replace(line, lineage_status=event.status, lineage_version=version, updated_at=unit.now)
    for said in await settle_line(unit, line, after):
        yield said
