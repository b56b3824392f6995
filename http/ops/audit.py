"""The audit trail: search, the chain of one request, the proof that a record stands in a sealed tree."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain import merkle
from reptidex.errors import NotFoundError
from reptidex.http.server.policy import scope, services, signed_in
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.tables.ops import queries
from reptidex.tables.ops.models import NO_PLACE, AuditRecord

routes = Routes("audit")


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
    """One published event, without its payload."""

    event_id: str
    service: str
    name: str
    subject: str
    sequence: int
    at: datetime
    correlation_id: str | None
    causation_id: str | None
    actor: str | None
    place: int
    digest: Annotated[str, Meta(description="SHA-256 of the event's canonical bytes")]


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """Every event that one request led to, oldest first; `causation_id` makes it a tree."""

    correlation_id: str
    began: datetime
    ended: datetime
    services: list[str]
    events: list[RecordView]


class RecordFilter(Paging, frozen=True, kw_only=True):
    """Which records; a `name` that ends in `*` takes in all that begin so."""

    name: str | None = None
    subject: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class ProofView(msgspec.Struct, frozen=True, kw_only=True):
    """What proves that a record was sealed (RFC 9162): hash the leaf, follow the path, compare with the root."""

    event_id: str
    stream: str
    place: int
    size: Annotated[int, Meta(description="the number of leaves under the root")]
    leaf: Annotated[str, Meta(description="SHA-256 of 0x00 and the 32 bytes of the event's digest")]
    path: list[str]
    root: str
    sealed_at: datetime


class TreeView(msgspec.Struct, frozen=True, kw_only=True):
    """The Merkle tree of one publisher's events."""

    stream: str
    size: int
    sealed: Annotated[int, Meta(description="how many of them the last checkpoint covers")]
    root: Annotated[str | None, Meta(description="of the last checkpoint")]


class SealView(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint: the root over all events up to `last`."""

    first: int
    last: int
    root: str
    previous: str | None
    at: datetime


def _view(record: AuditRecord) -> RecordView:
    return RecordView(
        event_id=record.event_id,
        service=record.stream,
        name=record.name,
        subject=record.subject,
        sequence=record.sequence,
        at=record.at,
        correlation_id=record.correlation_id,
        causation_id=record.causation_id,
        actor=record.actor,
        place=record.place,
        digest=record.digest,
    )


def _begins(record: AuditRecord, user_id: str) -> bool:
    return record.name == "auth.user.created" and record.subject == user_id


@routes.get("/audit/chains/{correlation}", policy=signed_in())
async def get_chain(request: Request[None, None]) -> ChainView:
    """Return the events of one request. A user sees the chains of their own requests, an administrator all."""
    return await read_chain(request, request.path["correlation"])


async def read_chain(request: Request[Any, Any], correlation: str) -> ChainView:
    """Return a chain that the caller may see. Raises `NotFoundError`."""
    found = await request.read.find(queries.chain(correlation))
    # Whoever sends a request may name a chain that is there already (X-Request-ID): only who began it sees it.
    # A registration is made by nobody yet: its chain is its new user's.
    began = [each for each in found if each.at == found[0].at]
    mine = any(request.caller.actor == each.actor or _begins(each, request.caller.subject) for each in began)
    if not found or not (mine or "admin" in request.caller.scopes):
        raise NotFoundError("chain", correlation)
    events = [_view(record) for record in found]
    return ChainView(
        correlation_id=correlation,
        began=events[0].at,
        ended=events[-1].at,
        services=sorted({event.service for event in events}),
        events=events,
    )


@routes.get("/audit/events", policy=scope("admin", services=("repti-core",)))
async def list_records(request: Request[None, RecordFilter]) -> Page[RecordView]:
    """Search the audit trail, newest first."""
    ask = request.query
    wanted = queries.records(name=ask.name, subject=ask.subject, actor=ask.actor, since=ask.since, until=ask.until)
    found, after = await request.read.page(wanted, ask)
    return Page(items=[_view(record) for record in found], next=after)


@routes.get("/internal/audit/chains/{correlation}", policy=services("repti-core", "repti-community"))
async def get_chain_for_service(request: Request[None, None]) -> list[RecordView]:
    """Return a chain to a service of ours."""
    return [_view(record) for record in await request.read.find(queries.chain(request.path["correlation"]))]


@routes.get("/audit/events/{event_id}/proof", policy=signed_in(), errors=(404,))
async def prove_record(request: Request[None, None]) -> ProofView:
    """Return the proof that an event stands in the sealed audit trail. The proof tells nothing about the event."""
    record = await request.read.need(AuditRecord, request.path["event_id"])
    seals = await request.read.find(queries.seal_over(record.stream, record.place))
    if not seals or record.place == NO_PLACE:
        raise NotFoundError("checkpoint over event", record.event_id)
    [seal] = seals
    size = seal.last + 1
    leaves = await _leaves(request, record.stream, record.place, size)
    return ProofView(
        event_id=record.event_id,
        stream=record.stream,
        place=record.place,
        size=size,
        leaf=leaves[record.place % merkle.TILE].hex(),
        path=[
            step.hex() for step in merkle.tiled_proof(await _tiles(request, record.stream, size), leaves, record.place)
        ],
        root=seal.root,
        sealed_at=seal.at,
    )


async def _leaves(request: Request[Any, Any], stream: str, place: int, size: int) -> list[merkle.Digest]:
    """Return the leaves of the tile that a place stands in, of a tree of a size."""
    first = place - place % merkle.TILE
    found = await request.read.find(queries.stretch(stream, first, min(first + merkle.TILE, size)))
    return [merkle.leaf_digest(bytes.fromhex(each.digest)) for each in found]


async def _tiles(request: Request[Any, Any], stream: str, size: int) -> list[merkle.Digest]:
    """Return the roots of all tiles of a tree of a size; the last of them may be of fewer leaves."""
    whole, rest = divmod(size, merkle.TILE)
    roots = [bytes.fromhex(each.root) for each in await request.read.find(queries.tiles(stream, whole))]
    if rest:
        roots.append(merkle.root_of(await _leaves(request, stream, size - 1, size)))
    return roots


@routes.get("/audit/streams", policy=signed_in())
async def list_streams(request: Request[None, None]) -> list[TreeView]:
    """Show the tree of each publisher: how many events it holds, and how many the last checkpoint sealed under which root."""
    return [
        TreeView(stream=each.stream, size=each.size, sealed=each.sealed, root=each.sealed_root)
        for each in await request.read.find(queries.streams())
    ]


@routes.get("/audit/streams/{stream}/seals", policy=signed_in())
async def list_seals(request: Request[None, Paging]) -> Page[SealView]:
    """List the checkpoints of a publisher's tree, newest first; each was published as `audit.logged`."""
    found, after = await request.read.page(queries.seals(request.path["stream"]), request.query)
    return Page(items=[msgspec.convert(each, SealView, from_attributes=True) for each in found], next=after)
