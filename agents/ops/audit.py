"""The audit trail: every published event once, in one Merkle tree per publisher, sealed in regular checkpoints."""

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
from reptidex.streams.ops import AuditLogged
from reptidex.tables.ops.models import AuditRecord, AuditSeal, AuditStream, EventCount

SEAL_AFTER = timedelta(seconds=5)
"""How long a stream gathers records before it is sealed."""


@agent(*everything(), prefetch={EventCount: lambda message: [message.contract.name]})
async def audit_event(event: Event, unit: Unit) -> None:
    """Write one audit record for an event, and set the seal's timer."""
    cause = unit.cause
    if await unit.get(AuditRecord, cause.id):
        return
    stream = f"repti-{event.contract.service}"
    tree = await unit.get(AuditStream, stream) or AuditStream(stream=stream)
    digest = sha256(encode(cause))
    frontier = merkle.append(
        [bytes.fromhex(node) for node in tree.frontier], tree.size, merkle.leaf_digest(digest.digest())
    )
    unit.put(
        AuditRecord(
            event_id=cause.id,
            stream=stream,
            place=tree.size,
            name=cause.type,
            subject=cause.subject,
            sequence=cause.version,
            at=cause.time,
            correlation_id=cause.correlationid,
            causation_id=cause.causationid,
            actor=cause.actor,
            vivarium_id=cause.vivariumid,
            digest=digest.hexdigest(),
        )
    )
    if tree.size == tree.sealed:
        unit.timer(f"seal:{stream}", unit.now + SEAL_AFTER, SealStream(stream=stream))
    unit.put(replace(tree, size=tree.size + 1, frontier=[node.hex() for node in frontier]))
    seen = await unit.get(EventCount, cause.type)
    unit.put(EventCount(name=cause.type, count=(seen.count if seen else 0) + 1, last_at=cause.time))


@agent(SealStream, prefetch={AuditStream: "stream"})
async def seal_stream(command: SealStream, unit: Unit) -> AsyncIterator[Event]:
    """Publish the root over everything that the stream has gathered."""
    tree = await unit.get(AuditStream, command.stream)
    if tree is None or tree.size == tree.sealed:
        return
    root = merkle.root([bytes.fromhex(node) for node in tree.frontier]).hex()
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
