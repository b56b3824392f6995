"""The audit trail: every published event once, in one Merkle tree per publisher, sealed in regular checkpoints.

An event is handled once: the engine drops what it has had already (positions, outbox marks, the inbox for strangers) in the same
transaction as the record is written. So nothing is looked up here, and an event costs no round trip.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.domain import merkle
from reptidex.streams.catalogue import everything
from reptidex.streams.codec import encode
from reptidex.streams.commands.ops import SealStream
from reptidex.streams.contract import Event
from reptidex.streams.envelope import AnyEvent
from reptidex.streams.ops import AuditLogged
from reptidex.tables.ops.models import NO_PLACE, AuditRecord, AuditSeal, AuditStream, AuditTile, EventCount

SEAL_AFTER = timedelta(seconds=5)
"""How long a stream gathers records before it is sealed."""


@agent(
    *everything(),
    prefetch={
        AuditStream: lambda message: [f"repti-{message.contract.service}"],
        EventCount: lambda message: [message.contract.name],
    },
)
async def audit_event(event: Event, unit: Unit) -> None:
    """Write one audit record for an event, and set the seal's timer."""
    cause, stream = unit.cause, f"repti-{event.contract.service}"
    tree = await unit.get(AuditStream, stream) or AuditStream(stream=stream)
    digest = sha256(encode(cause))
    unit.put(_record(cause, stream, tree.size, digest.hexdigest()))
    _grow(tree, merkle.leaf_digest(digest.digest()), unit)
    if tree.size == tree.sealed:
        unit.timer(f"seal:{stream}", unit.now + SEAL_AFTER, SealStream(stream=stream))
    seen = await unit.get(EventCount, cause.type)
    last = max(seen.last_at, cause.time) if seen else cause.time
    unit.put(EventCount(name=cause.type, count=(seen.count if seen else 0) + 1, last_at=last))


def _record(cause: AnyEvent, stream: str, place: int, digest: str) -> AuditRecord:
    return AuditRecord(
        event_id=cause.id,
        stream=stream,
        place=place,
        name=cause.type,
        subject=cause.subject,
        sequence=cause.version,
        at=cause.time,
        correlation_id=cause.correlationid,
        causation_id=cause.causationid,
        actor=cause.actor,
        vivarium_id=cause.vivariumid,
        digest=digest,
    )


@agent(*everything())
async def restore_record(event: Event, unit: Unit) -> None:
    """Write the record of an event anew, in a replay: it gets back the place that it has in the tree, if it has one."""
    cause = unit.cause
    digest = sha256(encode(cause)).hexdigest()
    unit.put(_record(cause, f"repti-{event.contract.service}", NO_PLACE, digest))


def _grow(tree: AuditStream, leaf: merkle.Digest, unit: Unit) -> None:
    frontier = merkle.unpack(tree.frontier)
    if tile := merkle.tile_root(frontier, tree.size, leaf):
        number = tree.size // merkle.TILE
        unit.put(AuditTile(tile_id=f"{tree.stream}/{number}", stream=tree.stream, number=number, root=tile.hex()))
    grown = merkle.append(frontier, tree.size, leaf)
    unit.put(replace(tree, size=tree.size + 1, frontier=merkle.pack(grown)))


@agent(SealStream, prefetch={AuditStream: "stream"})
async def seal_stream(command: SealStream, unit: Unit) -> AsyncIterator[Event]:
    """Publish the root over everything that the stream has gathered."""
    tree = await unit.get(AuditStream, command.stream)
    if tree is None or tree.size == tree.sealed:
        return
    root = merkle.root(merkle.unpack(tree.frontier)).hex()
    first, last = tree.sealed, tree.size - 1
    unit.put(
        AuditSeal(
            seal_id=unit.new_id(),
            stream=tree.stream,
            first=first,
            last=last,
            root=root,
            previous=tree.sealed_root,
            at=unit.now,
        )
    )
    unit.put(replace(tree, sealed=tree.size, sealed_root=root))
    yield AuditLogged(stream=tree.stream, first=first, last=last, root_digest=root, previous_digest=tree.sealed_root)
