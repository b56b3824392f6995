"""Letters that are tried again while something else happens to their key, or to themselves."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from reptidex.agents.agent import Unit, agent
from reptidex.agents.engine.inputs import MARK, Input, LogRecord
from reptidex.agents.engine.internal import letter_input, note
from reptidex.agents.engine.letters import Letters
from reptidex.errors import NotFoundError, NotYetError
from reptidex.streams import codec
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.letter_office import LetterOffice
from reptidex.testing import UnitHarness, eventually
from tests.unit.engine.parcels import Parcel, ParcelWeighed, PostParcel


def record(post: UnitHarness, offset: int, trouble: str = "", at: datetime | None = None) -> LogRecord:
    """A weighing of the parcel `a`, as its outbox sent it."""
    value = codec.encode(post.envelope(ParcelWeighed(parcel_id="a", weight=1, trouble=trouble), at=at))
    return LogRecord("parcel.weighed", 0, offset, b"a", value, [(MARK, f"scales:0:{offset + 1}".encode())])


async def run(post: UnitHarness, *records: LogRecord) -> None:
    await post.runner.run({("parcel.weighed", post.runner.ownership.partition_of("a")): list(records)})


async def test_a_command_repeated_while_its_first_copy_waits_is_carried_out_once() -> None:
    ready, carried_out = False, 0

    @agent(PostParcel)
    async def post_when_ready(message: PostParcel, unit: Unit) -> None:
        """Post a parcel, once there is room."""
        nonlocal carried_out
        if not ready:
            raise NotYetError("the shelf is full")
        carried_out += 1

    async with await UnitHarness.open([post_when_ready], Parcel) as harness:
        for _ in range(2):
            await harness.handle(PostParcel(parcel_id="a"), message_id="c1")
        waiting = [letter.state for letter in await harness.letters()]
        ready = True
        await harness.advance(by=timedelta(minutes=1))

        assert (waiting, carried_out, await harness.letters()) == (["retrying", "parked"], 1, [])


async def test_a_command_that_failed_is_carried_out_when_a_person_sends_it_on() -> None:
    ready = False

    @agent(PostParcel)
    async def post_when_mended(message: PostParcel, unit: Unit) -> None:
        """Post a parcel, once this is mended."""
        if not ready:
            raise RuntimeError("a bug")
        unit.put(Parcel(parcel_id=message.parcel_id, code="a"))

    async with await UnitHarness.open([post_when_mended], Parcel) as harness:
        await harness.runner.run(commands(harness, "c1"))
        [letter] = await harness.letters()
        ready = True
        await LetterOffice(harness.database, clock=lambda: harness.now).redrive(letter.letter_id)
        await harness.advance(by=timedelta(seconds=1))

        assert (letter.state, await harness.get(Parcel, "a") is not None) == ("failed", True)


def commands(post: UnitHarness, *ids: str) -> dict[tuple[str, int], list[LogRecord]]:
    partition = post.runner.ownership.partition_of("a")
    topic = PostParcel.contract.topic
    made = [codec.encode(post.envelope(PostParcel(parcel_id="a"), message_id=each)) for each in ids]
    return {(topic, partition): [LogRecord(topic, partition, at, b"a", value) for at, value in enumerate(made)]}


async def test_what_comes_together_with_a_letter_that_still_cannot_be_read_is_not_held_up(post: UnitHarness) -> None:
    await run(post, LogRecord("parcel.weighed", 0, 0, b"a", b"not json"))
    [letter] = await post.letters()
    office = LetterOffice(post.database, clock=lambda: post.now)
    await office.redrive(letter.letter_id)
    post.runner.blocked = {("parcel.weighed", "a"): 1}  # as the worker finds when it looks
    still = note(msgspec.structs.replace(letter, state="unreadable"), post.now)
    await post.runner.run({("parcel.weighed", 0): [record(post, 1)]}, [still])
    row = await post.get(Parcel, "a")

    assert row is not None
    assert (row.times, post.runner.blocked) == (1, {})


async def test_a_letter_discarded_after_it_was_handed_in_is_not_handled(post: UnitHarness) -> None:
    await run(post, record(post, 0, "poison"))
    office = LetterOffice(post.database, clock=lambda: post.now)
    [letter] = await post.letters()
    await office.redrive(letter.letter_id)
    [retried] = await post.letters()
    handed_in = letter_input(post.runner, msgspec.structs.replace(retried, value=record(post, 0).value))
    await office.discard(letter.letter_id)
    await post.runner.run({}, [handed_in])

    assert ([each.state for each in await post.letters()], await post.get(Parcel, "a")) == (["discarded"], None)


async def test_a_message_of_no_time_that_a_database_can_hold_waits_like_any_other(post: UnitHarness) -> None:
    beyond = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(-timedelta(hours=23)))
    await run(post, record(post, 0, "poison"))
    await run(post, record(post, 1, at=beyond))

    assert [letter.state for letter in await post.letters()] == ["dead", "parked"]


async def test_a_letter_that_was_handled_meanwhile_is_not_sent_on_again(post: UnitHarness) -> None:
    class Slow(LetterOffice):
        """A person who looks at a letter, and sends it on when it has been handled."""

        async def letter(self, letter_id: str) -> DeadLetterRow:
            found = await super().letter(letter_id)
            await post.runner.run({}, [letter_input(post.runner, found)])
            return found

    await run(post, record(post, 0, "early"))
    [letter] = await post.letters()
    await post.put(Parcel(parcel_id="late", code="late"))
    with pytest.raises(NotFoundError):
        await Slow(post.database, clock=lambda: datetime.now(UTC)).redrive(letter.letter_id)

    assert await post.letters() == []


async def test_a_clock_that_is_put_back_keeps_no_letter_waiting(post: UnitHarness) -> None:
    handed_in: list[Input] = []

    def submit(one: Input) -> "asyncio.Future[None]":
        handed_in.append(one)
        return asyncio.get_running_loop().create_future()

    async def resync() -> None:
        """Nothing is blocked that was not before."""

    await run(post, record(post, 0, "early"))
    post.now -= timedelta(hours=1)
    letters = Letters(post.runner, post.read, submit, resync=resync, clock=lambda: post.now)
    looking = asyncio.create_task(letters.run())
    await eventually(lambda: len(handed_in) == 1)
    looking.cancel()
