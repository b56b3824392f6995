"""What a unit sets in motion: timers fire once, effects come back as commands."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from reptidex.agents.agent import Call, Unit, agent
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.outcome import Outcome
from reptidex.agents.engine.timers import Timers
from reptidex.errors import UnavailableError
from reptidex.tables.answers import RefusedError
from reptidex.tables.timers import TimerRow
from reptidex.testing import UnitHarness, eventually
from tests.unit.engine.parcels import Deliver, Parcel, PostParcel, RemindParcel


async def test_a_timer_fires_once_when_its_time_has_come(post: UnitHarness) -> None:
    await post.handle(PostParcel(parcel_id="a"))
    await post.advance(by=timedelta(hours=23))
    before = await post.get(Parcel, "a")
    await post.advance(by=timedelta(days=9))
    after = await post.get(Parcel, "a")

    assert before is not None
    assert after is not None
    assert (before.reminded, after.reminded, await post.timers) == (0, 1, {})


async def test_a_timer_of_the_same_name_is_replaced_and_can_be_cancelled() -> None:
    @agent(PostParcel)
    async def set_timers(message: PostParcel, unit: Unit) -> None:
        """Set a timer twice and another one not at all."""
        remind = RemindParcel(parcel_id=message.parcel_id)
        unit.timer("kept", unit.now + timedelta(hours=1), remind)
        unit.timer("kept", unit.now + timedelta(hours=2), remind)
        unit.timer("dropped", unit.now + timedelta(hours=1), remind)
        unit.cancel_timer("dropped")

    async with await UnitHarness.open([set_timers], Parcel) as harness:
        await harness.handle(PostParcel(parcel_id="a"))

        assert await harness.timers == {"kept": harness.now + timedelta(hours=2)}


async def test_a_timer_may_set_itself_again() -> None:
    @agent(RemindParcel)
    async def again(message: RemindParcel, unit: Unit) -> None:
        """Come back in an hour."""
        unit.timer("again", unit.now + timedelta(hours=1), message)

    async with await UnitHarness.open([again], Parcel) as harness:
        await harness.handle(RemindParcel(parcel_id="a"))
        await harness.advance(by=timedelta(hours=3, minutes=30))

        assert await harness.timers == {"again": harness.now + timedelta(minutes=30)}


async def test_what_a_timer_sets_anew_for_the_same_moment_makes_ids_of_its_own() -> None:
    made: list[str] = []

    @agent(RemindParcel)
    async def at_once(message: RemindParcel, unit: Unit) -> None:
        """Go on at once, as an import does with its next part."""
        made.append(unit.new_id())
        if len(made) < 4:
            unit.timer("part", unit.now, message)

    async with await UnitHarness.open([at_once], Parcel) as harness:
        await harness.handle(RemindParcel(parcel_id="a"))
        await harness.advance(by=timedelta(hours=1))

    assert len(set(made)) == 4


async def test_an_effect_is_asked_for_with_the_row_and_ends_with_its_outcome(post: UnitHarness) -> None:
    await post.handle(PostParcel(parcel_id="a"))
    waiting = await post.effects
    await post.carry_out()
    row = await post.get(Parcel, "a")

    assert row is not None
    assert (waiting, row.delivered_by, await post.effects) == ([Deliver(parcel_id="a")], "the postman", [])


async def test_a_carrier_knows_who_asked_and_has_a_key_that_stays(post: UnitHarness) -> None:
    seen: list[tuple[str, str | None, int]] = []

    async def port(effect: Deliver, call: Call) -> str:
        seen.append((call.idempotency_key, call.cause.actor, call.attempt))
        raise UnavailableError("the post")

    await post.handle(PostParcel(parcel_id="a"), actor="user:1")
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await post.carry_out(port)

    assert (len(set(seen)), seen[0][1]) == (1, "user:1")


async def test_an_effect_given_up_tells_so_by_a_command(post: UnitHarness) -> None:
    await post.handle(PostParcel(parcel_id="a"))
    await post.fail_effects("no road")
    row = await post.get(Parcel, "a")

    assert row is not None
    assert row.delivered_by == "nobody: no road"


async def test_a_timer_that_is_due_waits_once_for_a_worker_whose_units_pause(post: UnitHarness) -> None:
    await post.handle(PostParcel(parcel_id="a"))
    handed_in: list[tuple[str, asyncio.Future[None]]] = []

    def submit(one: Input) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        handed_in.append((one.ref.name, future))
        return future

    timers = Timers(post.runner, post.read, submit, clock=lambda: post.now, shared=False)
    running = asyncio.create_task(timers.run())
    for _ in range(5):
        post.now += timedelta(days=1)
        timers.committed(Outcome(messages=0, timers={"another": None}))
        await asyncio.sleep(0.02)
    once = len(handed_in)
    handed_in[0][1].cancel()  # its unit was not to be: it is still there, and still due
    post.now += timedelta(days=1)
    timers.committed(Outcome(messages=0, timers={"another": None}))
    await eventually(lambda: len(handed_in) > once)
    running.cancel()

    assert (once, [name for name, _ in handed_in]) == (1, ["remind/a"] * 2)


async def test_a_clock_that_is_put_back_keeps_no_timer_from_being_found(post: UnitHarness) -> None:
    found: list[str] = []

    def submit(one: Input) -> "asyncio.Future[None]":
        found.append(one.ref.name)
        return asyncio.get_running_loop().create_future()

    timers = Timers(post.runner, post.read, submit, clock=lambda: post.now, shared=False)
    running = asyncio.create_task(timers.run())
    await eventually(lambda: timers._looked)
    post.now -= timedelta(hours=1)
    await post.handle(PostParcel(parcel_id="a"))  # its timer is due in a day
    post.now += timedelta(minutes=30)
    row = await post.get(TimerRow, "remind/a")
    assert row is not None
    await post.put(msgspec.structs.replace(row, due=post.now))
    timers.committed(Outcome(messages=0, timers={"another": None}))
    await eventually(lambda: found == ["remind/a"])
    running.cancel()


async def test_a_timer_for_a_time_without_its_zone_is_its_messages_fault() -> None:
    @agent(PostParcel)
    async def without(message: PostParcel, unit: Unit) -> None:
        """Set a timer for a time of nowhere."""
        unit.timer("a", unit.now.replace(tzinfo=None), RemindParcel(parcel_id=message.parcel_id))

    async with await UnitHarness.open([without], Parcel) as harness:
        with pytest.raises(RefusedError):
            await harness.handle(PostParcel(parcel_id="a"))

        assert ([letter.error for letter in await harness.letters()], await harness.timers) == (["ValueError"], {})
