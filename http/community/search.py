"""Search over animals, offers and breeders: words with typing errors, filters, facets, ranking."""

from time import perf_counter
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.http.server.policy import Caller, public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.community import RecordSearch

routes = Routes("search")

Words = Annotated[str, Meta(max_length=200)]
Scope = Literal["all", "animals", "breeders", "knowledge"]
KINDS: dict[Scope, tuple[str, ...]] = {
    "all": ("animal", "listing", "breeder"),
    "animals": ("animal", "listing"),
    "breeders": ("breeder",),
}


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for. Words may contain typing errors; every filter must hold."""

    q: Words = ""
    species: Words | None = None
    morph: Words | None = None
    sex: Literal["male", "female", "unknown"] | None = None
    lineage: Words | None = None
    kind: Literal["animal", "listing"] | None = None
    price_min: Annotated[int, Meta(ge=0, description="minor units")] | None = None
    price_max: Annotated[int, Meta(ge=0, description="minor units")] | None = None
    sort: Literal["relevance", "price", "-price", "newest"] = "relevance"
    offset: Annotated[int, Meta(ge=0, le=10_000)] = 0
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One result."""

    document_id: str
    kind: str
    entity_id: str
    animal_id: str | None = None
    vivarium_id: str | None = None
    title: str
    tags: tuple[str, ...] = ()
    facets: dict[str, str] = {}
    price: int | None = None
    currency: str = ""
    score: float


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """The best results, how many there are, and how they spread over the facets."""

    query_id: str
    total: int
    items: list[Hit]
    facets: dict[str, dict[str, int]]
    corrected: Annotated[bool, Meta(description="whether typing errors were put right")] = False
    ms: float


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """Titles that begin as the words do."""

    items: list[str]


def _filters(query: SearchQuery) -> dict[str, str]:
    wanted = {"species": query.species, "sex": query.sex, "lineage": query.lineage}
    return {name: value for name, value in wanted.items() if value}


async def _search(request: Request[None, SearchQuery], scope: Scope) -> Results:
    query, began = request.query, perf_counter()
    found = await request.ports.search(
        text=query.q,
        kinds=(query.kind,) if query.kind else KINDS[scope],
        facets=_filters(query),
        tag=query.morph,
        price=(query.price_min, query.price_max),
        sort=query.sort,
        offset=query.offset,
        limit=query.limit,
    )
    ms = (perf_counter() - began) * 1000
    results = Results(
        query_id=request.new_id(),
        total=found.total,
        items=[msgspec.convert(hit, Hit, from_attributes=True) for hit in found.hits],
        facets=found.facets,
        corrected=found.corrected,
        ms=round(ms, 2),
    )
    names = [*_filters(query), *(["morph"] if query.morph else [])]
    # The figures of a search may be lost, the search may not wait for them.
    await request.post(
        RecordSearch(
            session_id=_session(request.caller),
            query_id=results.query_id,
            scope=scope,
            terms=len(query.q.split()),
            facets=tuple(names),
            results=found.total,
            latency_ms=results.ms,
            corrected=found.corrected,
        )
    )
    return results


def _session(caller: Caller) -> str:
    return caller.session_id or caller.vivarium_id or "anonymous"


@routes.get("/search", policy=public(cost=2))
async def search(request: Request[None, SearchQuery]) -> Results:
    """Search everything."""
    return await _search(request, "all")


@routes.get("/search/animals", policy=public(cost=2))
async def search_animals(request: Request[None, SearchQuery]) -> Results:
    """Search public animals and offers."""
    return await _search(request, "animals")


@routes.get("/search/breeders", policy=public(cost=2))
async def search_breeders(request: Request[None, SearchQuery]) -> Results:
    """Search breeders and vivariums."""
    return await _search(request, "breeders")


@routes.get("/search/suggestions", policy=public())
async def suggest(request: Request[None, SearchQuery]) -> Suggestions:
    """Return titles that begin as the words do, best first."""
    return Suggestions(items=await request.ports.suggest(request.query.q, request.query.limit))
