"""The audit trail: every event once, sealed, provable, and free of round trips."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec

from reptidex.commands.verify import Proof, verify
from reptidex.domain import merkle
from reptidex.streams.animal import AnimalArchived
from reptidex.streams.catalogue import NOT_CAUGHT
from reptidex.streams.codec import encode
from reptidex.streams.ops import AuditLogged
from reptidex.tables.ops.models import AuditRecord, AuditStream, EventCount
from reptidex.tables.query import select
from tests.unit.ops.desk import SAM, Desk, newcomer, uid


async def _people(desk: Desk, count: int) -> list[Any]:
    """Let so many people register; return the envelopes."""
    envelopes = []
    for number in range(count):
        envelopes.append(desk.harness.envelope(newcomer(uid(1000 + number)), sequence=1))
        await desk.harness.handle_envelope(envelopes[-1])
    return envelopes


async def test_an_event_is_written_down_with_its_context_and_digest(desk: Desk) -> None:
    envelope = desk.harness.envelope(newcomer(), actor="user:x", correlation_id="the request", sequence=7)
    await desk.harness.handle_envelope(envelope)
    record = await desk.harness.get(AuditRecord, envelope.id)

    assert record is not None
    assert (record.stream, record.name, record.subject, record.sequence) == ("repti-core", "auth.user.created", SAM, 7)
    assert (record.correlation_id, record.actor, record.place) == ("the request", "user:x", 0)
    assert record.digest == sha256(encode(envelope)).hexdigest()


async def test_every_publisher_has_its_own_tree(desk: Desk) -> None:
    await _people(desk, 3)
    await desk.hear(AnimalArchived(animal_id=uid(5), vivarium_id=uid(6), reason="mistake"))
    trees = {tree.stream: tree.size for tree in await desk.harness.find(select(AuditStream))}

    assert trees == {"repti-core": 3, "repti-animal": 1}


async def test_an_event_delivered_twice_is_written_once(desk: Desk) -> None:
    [envelope] = await _people(desk, 1)
    await desk.harness.handle_envelope(envelope)
    tree = await desk.harness.get(AuditStream, "repti-core")

    assert tree is not None and tree.size == 1


async def test_events_of_the_audit_itself_are_not_audited(desk: Desk) -> None:
    heard = set(desk.harness.runner.routing.heard)

    assert heard.isdisjoint(NOT_CAUGHT)


async def test_a_stream_is_sealed_five_seconds_after_its_first_event(desk: Desk) -> None:
    await _people(desk, 3)
    early = await desk.harness.advance(by=timedelta(seconds=4))
    [seal] = await desk.harness.advance(by=timedelta(seconds=2))
    tree = await desk.harness.get(AuditStream, "repti-core")

    assert early == []
    assert isinstance(seal, AuditLogged)
    assert (seal.first, seal.last, seal.previous_digest) == (0, 2, None)
    assert tree is not None and seal.root_digest == merkle.root(merkle.unpack(tree.frontier)).hex()


async def test_the_next_seal_names_the_one_before(desk: Desk) -> None:
    await _people(desk, 2)
    [first] = await desk.harness.advance(by=timedelta(seconds=6))
    await desk.hear(newcomer())
    [second] = await desk.harness.advance(by=timedelta(seconds=6))

    assert (second.first, second.last, second.previous_digest) == (2, 2, first.root_digest)


async def test_a_quiet_stream_is_not_sealed_again(desk: Desk) -> None:
    await _people(desk, 1)
    await desk.harness.advance(by=timedelta(seconds=6))

    assert await desk.harness.advance(by=timedelta(hours=1)) == []
    assert await desk.harness.timers == {}


async def test_events_are_counted_by_name(desk: Desk) -> None:
    await _people(desk, 3)
    count = await desk.harness.get(EventCount, "auth.user.created")

    assert count is not None and count.count == 3


async def test_an_event_costs_no_look_up_once_its_stream_is_known(desk: Desk) -> None:
    await desk.hear(AnimalArchived(animal_id=uid(50), vivarium_id=uid(6), reason="mistake"))
    asked: list[Any] = []
    load = desk.harness.runner.store.load

    async def noted(wanted: Any, **how: Any) -> Any:
        asked.extend(row.__name__ for row in [*wanted.rows, *wanted.locked])
        return await load(wanted, **how)

    desk.harness.runner.store.load = noted  # type: ignore[method-assign]
    await desk.hear(AnimalArchived(animal_id=uid(51), vivarium_id=uid(6), reason="mistake"))

    assert asked == []


async def test_a_proof_over_several_tiles_convinces_who_has_only_the_event_and_the_seal(desk: Desk) -> None:
    envelopes = await _people(desk, 2 * merkle.TILE + 5)
    [seal] = await desk.harness.advance(by=timedelta(seconds=6))
    await desk.hear(newcomer())

    for place in (0, 300, 515):
        proof = await desk.get(f"/audit/events/{envelopes[place].id}/proof", "bea")
        assert (proof["place"], proof["root"]) == (place, seal.root_digest)
        published = encode(desk.harness.envelope(seal))
        assert verify(msgspec.convert(proof, Proof), encode(envelopes[place]), [published]) == "proved"


async def test_an_event_that_is_not_sealed_yet_has_no_proof(desk: Desk) -> None:
    [envelope] = await _people(desk, 1)

    assert (await desk.call("GET", f"/audit/events/{envelope.id}/proof", "bea"))[0] == 404
