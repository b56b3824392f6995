"""Inventories: the own one whole, a breeder's as far as it is on offer."""

import msgspec

from reptidex.http.commerce.listings import product_of
from reptidex.http.commerce.shapes import LineView, StockView, Uuid, line_view
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.commerce import OpenLine
from reptidex.tables.commerce.models import Line
from reptidex.tables.commerce.queries import Wanted, inventory_of, offers

routes = Routes("inventory")


class NewLine(msgspec.Struct, frozen=True, kw_only=True):
    """The animal to take into the inventory."""

    animal_id: Uuid


class LineFilter(Paging, frozen=True, kw_only=True):
    """Which lines of the own inventory."""

    available: bool = False


@routes.get("/inventory", policy=member("keeper"))
async def list_inventory(request: Request[None, LineFilter]) -> Page[LineView]:
    """List the animals of the caller's vivarium and what of them is offered, reserved or sold."""
    query = inventory_of(request.caller.vivarium_id, available_only=request.query.available)
    rows, after = await request.read.page(query, request.query)
    return Page(items=[line_view(row) for row in rows], next=after)


@routes.get("/inventory/{breeder_id}", policy=public())
async def list_stock(request: Request[None, Paging]) -> Page[StockView]:
    """List what a breeder has on offer now."""
    query = offers(Wanted(vivarium_id=request.path["breeder_id"]))
    rows, after = await request.read.page(query, request.query)
    fields = StockView.__struct_fields__
    return Page(items=[StockView(**{name: getattr(row, name) for name in fields}) for row in rows], next=after)


@routes.post("/inventory/animals", policy=member("handler"), status=201, errors=(404,))
async def open_line(request: Request[NewLine, None]) -> LineView:
    """Take an animal into the inventory at once; animals also come in by themselves when they are registered."""
    product = await product_of(request, request.body.animal_id)
    command = OpenLine(animal_id=request.body.animal_id, vivarium_id=request.caller.vivarium_id, product=product)
    return line_view(await request.ask(command, Line))
