"""Search over animals, offers, breeders, knowledge and posts: words with typing errors, filters, facets, ranking."""

from time import perf_counter
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.connectors.index.port import IndexQuery
from reptidex.http.server.policy import Caller, public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.community import RecordClick, RecordSearch
from reptidex.streams.community import DocumentKind, SearchScope
from reptidex.streams.values import Id, Positive
from reptidex.tables.community.models import FINDABLE

routes = Routes("search")

Words = Annotated[str, Meta(max_length=200)]
Scope = SearchScope
Cents = Annotated[int, Meta(ge=0, le=10**12, description="minor units")]
KINDS: dict[Scope, tuple[str, ...]] = {
    "all": FINDABLE,
    "animals": ("animal", "listing"),
    "breeders": ("breeder",),
    "knowledge": ("content", "species", "morph"),
}


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for. Words may contain typing errors; every filter must hold."""

    q: Words = ""
    species: Words | None = None
    morph: Words | None = None
    sex: Literal["male", "female", "unknown"] | None = None
    lineage: Words | None = None
    category: Words | None = None
    kind: DocumentKind | None = None
    price_min: Cents | None = None
    price_max: Cents | None = None
    sort: Literal["relevance", "price", "-price", "newest"] = "relevance"
    offset: Annotated[int, Meta(ge=0, le=10_000)] = 0
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class SuggestQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How a title begins."""

    q: Words
    limit: Annotated[int, Meta(ge=1, le=50)] = 10


class HitView(msgspec.Struct, frozen=True, kw_only=True):
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
    items: list[HitView]
    facets: dict[str, dict[str, int]]
    corrected: Annotated[bool, Meta(description="whether typing errors were put right")] = False
    ms: float


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """Titles that begin as the words do."""

    items: list[str]


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """Which result of which search was opened."""

    query_id: Id
    document_id: Annotated[str, Meta(pattern="^(animal|listing|breeder|species|morph|content|post):[0-9a-f-]{36}$")]
    position: Positive


def _filters(query: SearchQuery) -> dict[str, str]:
    wanted = {name: getattr(query, name) for name in ("species", "sex", "lineage", "category")}
    return {name: value for name, value in wanted.items() if value}


async def _search(request: Request[None, SearchQuery], scope: Scope) -> Results:
    query, began = request.query, perf_counter()
    kinds = KINDS[scope] if query.kind is None else tuple(kind for kind in KINDS[scope] if kind == query.kind)
    found = await request.ports.index.search(
        IndexQuery(
            text=query.q,
            kinds=kinds or ("none",),
            facets=_filters(query),
            tag=query.morph,
            price=(query.price_min, query.price_max),
            sort=query.sort,
            offset=query.offset,
            limit=query.limit,
        )
    )
    results = Results(
        query_id=request.new_id(),
        total=found.total,
        items=[msgspec.convert(hit, HitView, from_attributes=True) for hit in found.hits],
        facets=found.facets,
        corrected=found.corrected,
        ms=round((perf_counter() - began) * 1000, 2),
    )
    # The figures of a search may be lost, the search may not wait for them.
    await request.post(
        RecordSearch(
            session_id=_session(request.caller),
            query_id=results.query_id,
            scope=scope,
            terms=len(query.q.split()),
            facets=(*_filters(query), *(["morph"] if query.morph else [])),
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


@routes.get("/search/knowledge", policy=public(cost=2))
async def search_knowledge(request: Request[None, SearchQuery]) -> Results:
    """Search species, morphs and written pages."""
    return await _search(request, "knowledge")


@routes.get("/search/suggestions", policy=public())
async def suggest(request: Request[None, SuggestQuery]) -> Suggestions:
    """Return titles that begin as the words do, best first."""
    return Suggestions(items=await request.ports.index.suggest(request.query.q, request.query.limit))


@routes.post("/search/analytics", policy=public(), status=204)
async def record_click(request: Request[Click, None]) -> None:
    """Say that a result was opened: what the ranking is judged by."""
    click = request.body
    kind: DocumentKind = click.document_id.partition(":")[0]  # type: ignore[assignment]  # the pattern says so
    await request.post(
        RecordClick(
            session_id=_session(request.caller),
            query_id=click.query_id,
            document_id=click.document_id,
            kind=kind,
            position=click.position,
        )
    )
