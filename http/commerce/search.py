"""The marketplace searched by its own facts; the ranked search with typos and facets is repti-community's."""

from time import perf_counter
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from reptidex.domain.offer import Category
from reptidex.http.commerce.shapes import ListingView, listing_view
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.commerce import RecordSearch
from reptidex.streams.values import LineageStatus, Sex
from reptidex.tables.commerce.queries import Wanted, offers

routes = Routes("marketplace search")
Short = Annotated[str, Meta(min_length=1, max_length=100)]


class SearchFilter(Paging, frozen=True, kw_only=True):
    """What a buyer looks for. Prices are in minor units of `currency`."""

    q: Annotated[str, Meta(max_length=200)] = ""
    """Words that must all stand in the title, the species or a morph."""
    species: Short | None = None
    species_id: Short | None = None
    morph: Short | None = None
    sex: Sex | None = None
    category: Category | None = None
    lineage_status: LineageStatus | None = None
    vivarium_id: Short | None = None
    currency: Short | None = None
    min_price: Annotated[int, Meta(ge=0, le=500_000_000)] | None = None
    max_price: Annotated[int, Meta(ge=0, le=500_000_000)] | None = None
    sort: Literal["newest", "cheapest", "dearest"] = "newest"


class CategoryView(msgspec.Struct, frozen=True, kw_only=True):
    """A category and how many offers stand in it now."""

    category: str
    offers: int


FACETS = tuple(name for name in Wanted.__struct_fields__ if name != "text")


@routes.get("/marketplace/search", policy=public(cost=2))
async def search_marketplace(request: Request[None, SearchFilter]) -> Page[ListingView]:
    """Search the offers that can be bought now."""
    began = perf_counter()
    asked = request.query
    facets = {name: getattr(asked, name) for name in FACETS}
    rows, after = await request.read.page(offers(Wanted(text=asked.q, **facets), asked.sort), asked)
    await request.post(
        RecordSearch(
            searcher_id=request.caller.vivarium_id or "anonymous",
            terms=len(asked.q.split()),
            facets=tuple(name for name, value in facets.items() if value is not None),
            sort=asked.sort,
            results=len(rows),
            latency_ms=(perf_counter() - began) * 1000,
        )
    )
    return Page(items=[listing_view(row) for row in rows], next=after)


@routes.get("/marketplace/categories", policy=public())
async def list_categories(request: Request[None, None]) -> list[CategoryView]:
    """List the categories with the number of offers in each."""
    return [
        CategoryView(category=name, offers=await request.read.count(offers(Wanted(category=name))))
        for name in get_args(Category)
    ]
