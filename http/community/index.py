"""The search index in the hands of administrators and of repti-animal."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.connectors.index.port import IndexQuery
from reptidex.errors import NotFoundError
from reptidex.http.server.policy import scope
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.community_index import INDEX, HideAnimal, IndexAnimal, RebuildIndex
from reptidex.streams.values import LineageStatus, Sex
from reptidex.tables.community import queries
from reptidex.tables.community.models import FINDABLE, Document, IndexState

routes = Routes("index")
ADMIN = scope("admin", services=("repti-animal", "repti-ops"))


class IndexView(msgspec.Struct, frozen=True, kw_only=True):
    """How the search index stands."""

    generation: Annotated[int, Meta(description="the one that is searched")]
    building: Annotated[int, Meta(description="the one that is being built; 0 for none")]
    documents: Annotated[int, Meta(description="how many can be found now")]
    filled: Annotated[int, Meta(description="how many the last build has brought in so far")]
    missed: Annotated[int, Meta(description="changes that the index could not be told of; it is tried again")]
    began_at: datetime | None
    ready_at: datetime | None


class IndexedView(msgspec.Struct, frozen=True, kw_only=True):
    """How a document is kept; the index follows within moments."""

    document_id: str
    title: str
    visible: bool
    revision: int
    indexed_revision: int


class AnimalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What repti-animal says of an animal, as far as the index shows it."""

    animal_id: str
    vivarium_id: str
    code: str
    name: str = ""
    species: str
    morphs: tuple[str, ...] = ()
    sex: Sex
    status: str
    visibility: str
    lineage_status: LineageStatus


async def _status(request: Request[None, None], state: IndexState) -> IndexView:
    found = await request.ports.index.search(IndexQuery(kinds=FINDABLE, limit=1))
    return IndexView(
        generation=state.generation,
        building=state.building,
        documents=found.total,
        filled=state.filled,
        missed=await request.read.count(queries.missed_documents()),
        began_at=state.began_at,
        ready_at=state.ready_at,
    )


@routes.get("/index/status", policy=ADMIN)
async def index_status(request: Request[None, None]) -> IndexView:
    """Say how the search index stands."""
    return await _status(request, await request.read.get(IndexState, INDEX) or IndexState())


@routes.post("/index/rebuild", policy=scope("admin"), status=202)
async def rebuild_index(request: Request[None, None]) -> IndexView:
    """Build the next generation from the rows; the present one is searched until it is whole."""
    return await _status(request, await request.ask(RebuildIndex(), IndexState))


@routes.post("/index/animals/{animal_id}", policy=ADMIN, errors=(404,))
async def index_animal(request: Request[None, None]) -> IndexedView:
    """Ask repti-animal how an animal stands now, and index it so."""
    animal_id = request.path["animal_id"]
    known = await request.read.get(Document, f"animal:{animal_id}")
    facts = await request.ports.animal.get(f"/internal/animals/{animal_id}", AnimalFacts)
    values = {name: getattr(facts, name) for name in AnimalFacts.__struct_fields__}
    kept = await request.ask(IndexAnimal(seen_version=known.version if known else 0, **values), Document)
    return IndexedView(
        document_id=kept.document_id,
        title=kept.title,
        visible=kept.visible,
        revision=kept.revision,
        indexed_revision=kept.indexed_revision,
    )


@routes.delete("/index/animals/{animal_id}", policy=ADMIN, status=204, errors=(404,))
async def hide_animal(request: Request[None, None]) -> None:
    """Take an animal out of the index; only POST brings it back."""
    animal_id = request.path["animal_id"]
    if await request.read.get(Document, f"animal:{animal_id}") is None:
        raise NotFoundError("document", f"animal:{animal_id}")
    await request.tell(HideAnimal(animal_id=animal_id))
