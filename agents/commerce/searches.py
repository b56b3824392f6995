"""What is searched for is counted, never kept."""

from collections.abc import AsyncIterator

from reptidex.agents.agent import Unit, agent
from reptidex.streams.commands.commerce import RecordSearch
from reptidex.streams.commerce import MarketplaceSearchPerformed
from reptidex.streams.contract import Event


@agent(RecordSearch)
async def record_search(command: RecordSearch, unit: Unit) -> AsyncIterator[Event]:
    """Tell that the marketplace was searched."""
    yield MarketplaceSearchPerformed(
        searcher_id=command.searcher_id,
        terms=command.terms,
        facets=command.facets,
        sort=command.sort,
        results=command.results,
        latency_ms=command.latency_ms,
    )
