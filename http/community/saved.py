"""Searches that people save."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.errors import InvalidError
from reptidex.http.community.search import SearchQuery
from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.community import DropSearch, SaveSearch
from reptidex.streams.community import SearchScope
from reptidex.tables.community import queries
from reptidex.tables.community.models import SavedSearch

routes = Routes("search")


class NewSavedSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A question and what to call it; `query` holds the parameters of the search."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scope: SearchScope = "all"
    query: Annotated[dict[str, Annotated[str, Meta(max_length=200)]], Meta(max_length=20)]


class SavedSearchView(msgspec.Struct, frozen=True, kw_only=True):
    """A question that can be asked again."""

    search_id: str
    name: str
    scope: str
    query: dict[str, str]
    saved_at: datetime


def _view(row: SavedSearch) -> SavedSearchView:
    return msgspec.convert(row, SavedSearchView, from_attributes=True)


@routes.post("/search/save", policy=signed_in(), status=201)
async def save_search(request: Request[NewSavedSearch, None]) -> SavedSearchView:
    """Save a search; one of the same name is replaced."""
    ask = request.body
    try:
        msgspec.convert(ask.query, SearchQuery, strict=False)
    except msgspec.ValidationError as problem:
        raise InvalidError(str(problem), "/query") from problem
    if unknown := set(ask.query) - set(SearchQuery.__struct_fields__):
        raise InvalidError(f"searches have no parameter {min(unknown)!r}", "/query")
    command = SaveSearch(
        user_id=request.caller.subject,
        search_id=request.new_id(),
        name=ask.name,
        scope=ask.scope,
        query=ask.query,
    )
    return _view(await request.ask(command, SavedSearch))


@routes.get("/search/saved", policy=signed_in())
async def list_saved_searches(request: Request[None, Paging]) -> Page[SavedSearchView]:
    """List the caller's saved searches, newest first."""
    found, after = await request.read.page(queries.searches_of(request.caller.subject), request.query)
    return Page(items=[_view(row) for row in found], next=after)


@routes.delete("/search/saved/{search_id}", policy=signed_in(), status=204, errors=(404,))
async def drop_search(request: Request[None, None]) -> None:
    """Forget a saved search."""
    await request.tell(DropSearch(user_id=request.caller.subject, search_id=request.path["search_id"]))
