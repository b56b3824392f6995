"""Searches: their figures, and the ones that people save."""

from collections.abc import AsyncIterator

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.people import check_here
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams.commands.community import DropSearch, RecordClick, RecordSearch, SaveSearch
from reptidex.streams.community import SearchQueryClicked, SearchQueryPerformed
from reptidex.streams.contract import Event
from reptidex.tables.community import queries
from reptidex.tables.community.models import Contact, SavedSearch

MOST_SAVED = 100


@agent(RecordSearch)
async def record_search(command: RecordSearch, unit: Unit) -> AsyncIterator[Event]:
    """Publish the shape of a search."""
    yield SearchQueryPerformed(
        session_id=command.session_id,
        query_id=command.query_id,
        scope=command.scope,
        terms=command.terms,
        facets=command.facets,
        results=command.results,
        latency_ms=command.latency_ms,
        corrected=command.corrected,
    )


@agent(RecordClick)
async def record_click(command: RecordClick, unit: Unit) -> AsyncIterator[Event]:
    """Publish that a result was opened."""
    yield SearchQueryClicked(
        session_id=command.session_id,
        query_id=command.query_id,
        document_id=command.document_id,
        kind=command.kind,
        position=command.position,
    )


@agent(SaveSearch, prefetch={Contact: "user_id"})
async def save_search(command: SaveSearch, unit: Unit) -> None:
    """Keep a question under its name."""
    await check_here(unit, command.user_id)
    saved = await unit.find(queries.searches_of(command.user_id))
    same = next((each for each in saved if each.name == command.name), None)
    if same is None and len(saved) >= MOST_SAVED:
        raise DomainError(f"you have saved {MOST_SAVED} searches, which is the most; delete one first")
    kept = SavedSearch(
        search_id=same.search_id if same else command.search_id,
        user_id=command.user_id,
        name=command.name,
        scope=command.scope,
        query=command.query,
        saved_at=unit.now,
    )
    unit.put(kept)
    unit.answer(kept)


@agent(DropSearch, prefetch={SavedSearch: "search_id"})
async def drop_search(command: DropSearch, unit: Unit) -> None:
    """Forget a saved question."""
    saved = await unit.get(SavedSearch, command.search_id)
    if saved is None or saved.user_id != command.user_id:
        raise NotFoundError("saved search", command.search_id)
    unit.delete(SavedSearch, command.search_id)
