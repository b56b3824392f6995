"""What a unit of work promises to handlers."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from reptidex.agents.agent import Unit, agent
from reptidex.agents.engine.inputs import MARK, LogRecord
from reptidex.streams import codec
from reptidex.streams.contract import Command, Event, command
from reptidex.tables.query import select
from reptidex.tables.store import Wanted
from reptidex.testing import UnitHarness
from tests.unit.engine.parcels import (
    AGENTS,
    Parcel,
    ParcelCounted,
    ParcelPosted,
    ParcelTakenError,
    ParcelView,
    ParcelWeighed,
    PostParcel,
)


@command(key="batch_id", service="post")
class PostAll(Command, frozen=True, kw_only=True):
    batch_id: str
    parcel_ids: tuple[str, ...]


async def test_a_command_writes_its_row_publishes_its_event_and_answers(post: UnitHarness) -> None:
    answer = await post.ask(PostParcel(parcel_id="a"), ParcelView, actor="user:1", vivarium_id="v1")

    assert answer == ParcelView(parcel_id="a", posted=True)
    assert await post.get(Parcel, "a") == Parcel(parcel_id="a", code="a")
    assert [event.data for event in post.events] == [ParcelPosted(parcel_id="a")]


async def test_an_event_inherits_its_context_from_its_cause(post: UnitHarness) -> None:
    cause = post.envelope(PostParcel(parcel_id="a"), actor="user:1", vivarium_id="v1", correlation_id="c1")
    [event] = await post.handle_envelope(cause)

    inherited = (event.correlationid, event.causationid, event.actor, event.vivariumid, event.time)
    assert inherited == ("c1", cause.id, "user:1", "v1", cause.time)


async def test_the_versions_of_an_aggregate_count_from_one_without_a_gap(post: UnitHarness) -> None:
    await post.handle(PostParcel(parcel_id="a"))
    for _ in range(3):
        await post.handle(ParcelWeighed(parcel_id="a", weight=1))

    assert [event.version for event in post.events] == [1, 2, 3, 4]


async def test_a_refused_command_leaves_nothing_behind(post: UnitHarness) -> None:
    with pytest.raises(ParcelTakenError):
        await post.handle(PostParcel(parcel_id="a", trouble="refused"))

    assert (await post.get(Parcel, "a"), post.events, await post.effects) == (None, [], [])


async def test_a_version_taken_back_with_a_refusal_is_given_out_again(post: UnitHarness) -> None:
    with pytest.raises(ParcelTakenError):
        await post.handle(PostParcel(parcel_id="a", trouble="refused"))
    await post.handle(PostParcel(parcel_id="a"))

    assert [event.version for event in post.events] == [1]


async def test_a_repeated_command_has_no_second_effect_and_gets_the_first_answer(post: UnitHarness) -> None:
    first = await post.ask(PostParcel(parcel_id="a"), ParcelView, message_id="same")
    again = await post.ask(PostParcel(parcel_id="a"), ParcelView, message_id="same")

    assert (again, len(post.events)) == (first, 1)


async def test_an_id_is_the_same_when_a_message_is_handled_again_elsewhere() -> None:
    ids = []
    for _ in range(2):
        async with await UnitHarness.open(AGENTS, Parcel) as harness:
            await harness.handle(PostParcel(parcel_id="a"))
            ids.append(harness.events[0].id)

    assert ids[0] == ids[1]


async def test_a_query_sees_what_its_own_unit_has_written() -> None:
    found: list[list[str]] = []

    @agent(ParcelWeighed)
    async def look(message: ParcelWeighed, unit: Unit) -> None:
        """Write, look, write, look."""
        unit.put(Parcel(parcel_id="x", code="1"))
        found.append([row.code for row in await unit.find(select(Parcel))])
        unit.put(Parcel(parcel_id="y", code="2"))
        unit.delete(Parcel, "x")
        found.append([row.code for row in await unit.find(select(Parcel))])

    async with await UnitHarness.open([look], Parcel) as harness:
        await harness.handle(ParcelWeighed(parcel_id="a", weight=1))

    assert found == [["1"], ["2"]]


async def test_what_a_failed_message_had_flushed_for_a_query_is_taken_back() -> None:
    @agent(ParcelWeighed)
    async def fail(message: ParcelWeighed, unit: Unit) -> None:
        """Write over a row without having read it, look, fail."""
        unit.put(Parcel(parcel_id="x", code="new"))
        assert len(await unit.find(select(Parcel))) == 1
        raise RuntimeError("after the flush")

    async with await UnitHarness.open([fail], Parcel) as harness:
        await harness.put(Parcel(parcel_id="x", code="old"))
        harness.runner.forget()
        await harness.handle(ParcelWeighed(parcel_id="a", weight=1))

        assert await harness.get(Parcel, "x") == Parcel(parcel_id="x", code="old")


def _record(harness: UnitHarness, offset: int, mark: int | None, weight: int, message_id: str) -> LogRecord:
    envelope = harness.envelope(ParcelWeighed(parcel_id="a", weight=weight), message_id=message_id)
    partition = harness.runner.ownership.partition_of("a")
    headers = [(MARK, f"scales:0:{mark}".encode())] if mark else []
    return LogRecord("parcel.weighed", partition, offset, b"a", codec.encode(envelope), headers)


async def test_a_record_that_an_outbox_sent_twice_counts_once(post: UnitHarness) -> None:
    records = [_record(post, offset, mark, 1, "any") for offset, mark in enumerate([1, 2, 2, 1, 3])]
    await post.runner.run({("parcel.weighed", records[0].partition): records})

    row = await post.get(Parcel, "a")
    assert row is not None
    assert row.times == 3


async def test_a_record_from_outside_is_known_again_by_source_and_id(post: UnitHarness) -> None:
    records = [_record(post, offset, None, 1, name) for offset, name in enumerate(["m1", "m1", "m2"])]
    at = ("parcel.weighed", records[0].partition)
    await post.runner.run({at: records[:2]})
    await post.runner.run({at: [*records[2:], _record(post, 3, None, 1, "m1")]})

    row = await post.get(Parcel, "a")
    assert row is not None
    assert row.times == 2


async def test_a_record_below_the_position_is_not_handled_again(post: UnitHarness) -> None:
    records = [_record(post, offset, offset + 1, 1, "any") for offset in range(3)]
    at = ("parcel.weighed", records[0].partition)
    await post.runner.run({at: records})
    await post.runner.run({at: records})

    row = await post.get(Parcel, "a")
    assert row is not None
    assert (row.times, post.runner.positions[at].next_offset) == (3, 3)


async def test_messages_of_one_unit_see_what_earlier_ones_wrote(post: UnitHarness) -> None:
    records = [_record(post, offset, offset + 1, offset + 1, "any") for offset in range(100)]
    await post.runner.run({("parcel.weighed", records[0].partition): records})

    row = await post.get(Parcel, "a")
    assert row is not None
    assert (row.times, row.total) == (100, 5050)


async def test_events_of_another_service_cannot_be_published(post: UnitHarness) -> None:
    @agent(ParcelCounted)
    async def forge(message: ParcelCounted, unit: Unit) -> AsyncIterator[Event]:
        """Publish what the scales publish."""
        yield ParcelWeighed(parcel_id="a", weight=1)

    async with await UnitHarness.open([forge], Parcel) as harness:
        harness.runner.service = "post"
        await harness.handle(ParcelCounted(parcel_id="a", times=1, total=1))
        [letter] = await harness.letters()

        assert letter.error == "ForeignContractError"


@agent(ParcelWeighed)
async def weigh_together(event: ParcelWeighed, unit: Unit) -> None:
    """Weigh three parcels of which one is there, one is written here and one is not there."""
    unit.put(Parcel(parcel_id="new", code="new"))
    found = await unit.get_many(Parcel, ["a", "absent", "new", "a"])
    for parcel in found.values():
        unit.put(msgspec.structs.replace(parcel, code=f"{parcel.code}, seen"))


async def test_several_rows_are_read_at_once_with_what_this_unit_wrote() -> None:
    async with await UnitHarness.open([weigh_together], Parcel) as harness:
        await harness.put(Parcel(parcel_id="a", code="a"))
        await harness.handle(ParcelWeighed(parcel_id="a", weight=1))

        rows = await harness.find(select(Parcel))
        assert {row.parcel_id: row.code for row in rows} == {"a": "a, seen", "new": "new, seen"}


async def test_the_rows_of_a_field_with_several_keys_are_there_before_the_handler_asks() -> None:
    @agent(PostAll, prefetch={Parcel: "parcel_ids"})
    async def post_all(message: PostAll, unit: Unit) -> None:
        """Look at each."""
        for parcel_id in message.parcel_ids:
            assert await unit.get(Parcel, parcel_id)

    async with await UnitHarness.open([post_all], Parcel) as harness:
        await harness.put(*(Parcel(parcel_id=each, code=each) for each in "ab"))
        harness.runner.working.drop()
        asked: list[Wanted] = []
        load = harness.runner.store.load

        async def watched(wanted: Wanted, **options: Any) -> Any:
            asked.append(wanted)
            return await load(wanted, **options)

        harness.runner.store.load = watched  # type: ignore[method-assign]
        await harness.handle(PostAll(batch_id="all", parcel_ids=("a", "b")))

    assert [sorted(wanted.rows[Parcel]) for wanted in asked] == [["a", "b"]]
