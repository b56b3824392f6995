"""The index behind the rows: each change is shown by an effect; what was missed is shown later, and at the next start."""

from collections.abc import AsyncIterator
from datetime import timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Call, Effect, Unit, agent, carries_out
from reptidex.agents.community.documents import ShowDocument
from reptidex.connectors.index.port import IndexDocument
from reptidex.streams.commands.community_index import INDEX, CheckIndex, RebuildIndex, RecordIndexed
from reptidex.streams.community import SearchIndexed
from reptidex.streams.contract import Command, Event
from reptidex.tables.community import queries
from reptidex.tables.community.models import Document, IndexState

ATTEMPTS = 20
MISSED_AT_ONCE = 500
LATER = timedelta(minutes=10)
"""When what the index could not be told of is tried again: an animal that its owner hid has to leave it."""
GONE = "gone"
"""The kind of what stands in the index for a document that is not to be found, so that its older states stay out."""


def indexed(document: Document) -> IndexDocument:
    """Return a document as the index takes it; its version there is the revision of the row."""
    if not document.visible:
        return IndexDocument(
            document_id=document.document_id,
            kind=GONE,
            entity_id=document.entity_id,
            title="",
            updated_at=document.updated_at,
            version=document.revision,
        )
    names = ("document_id", "kind", "entity_id", "animal_id", "vivarium_id", "title", "text", "facets")
    values = {name: getattr(document, name) for name in (*names, "price", "currency", "updated_at")}
    return IndexDocument(tags=tuple(document.tags), version=document.revision, **values)


def _outcome(document: Document, *, missed: bool = False) -> RecordIndexed:
    return RecordIndexed(
        document_id=document.document_id,
        revision=document.revision,
        version=document.version,
        removed=not document.visible,
        missed=missed,
    )


def give_up(effect: ShowDocument, cause: str) -> Command:
    """Take down that the index could not be told."""
    return _outcome(effect.document, missed=True)


@carries_out(ShowDocument, attempts=ATTEMPTS, failed=give_up)
async def show_document(effect: ShowDocument, call: Call) -> Command | None:
    """Write the document into the index. Changes that wait at the same time share a commit."""
    await call.ports.index.show([indexed(effect.document)])
    return _outcome(effect.document)


@agent(RecordIndexed, prefetch={Document: "document_id", IndexState: lambda c: [INDEX]})
async def record_indexed(command: RecordIndexed, unit: Unit) -> AsyncIterator[Event]:
    """Say that the index shows a document as it stands, or no longer."""
    document = await unit.get(Document, command.document_id)
    if document is None or command.revision <= document.indexed_revision:
        return
    if command.missed:
        unit.put(replace(document, missed=True))
        _look_again(unit)
        return
    unit.put(replace(document, indexed_revision=command.revision))
    state = await unit.get(IndexState, INDEX)
    yield SearchIndexed(
        document_id=document.document_id,
        kind=document.kind,  # type: ignore[arg-type]  # stored as it was made
        entity_id=document.entity_id,
        vivarium_id=document.vivarium_id,
        version=command.version,
        generation=max(state.generation if state else 0, 1),
        removed=command.removed,
    )


def _look_again(unit: Unit) -> None:
    unit.timer("index/missed", unit.now + LATER, CheckIndex())


class LookAtIndex(Effect, frozen=True, kw_only=True):
    """See which index there is that holds everything."""


@carries_out(LookAtIndex)
async def look_at_index(effect: LookAtIndex, call: Call) -> Command | None:
    """Say which one is there; where it is not the one that the rows belong to, it is built anew."""
    return RebuildIndex(found=call.ports.index.number)


@agent(CheckIndex)
async def check_index(command: CheckIndex, unit: Unit) -> None:
    """Look at the index, and tell it what it missed."""
    found = await unit.find(queries.missed_documents(MISSED_AT_ONCE))
    if len(found) == MISSED_AT_ONCE:
        _look_again(unit)
    for missed in found:
        unit.put(replace(missed, missed=False))
        unit.effect(ShowDocument(document=missed))
    unit.effect(LookAtIndex())
