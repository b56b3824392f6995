"""Messages that cannot be handled: undone alone, kept, tried again, and what waits behind them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from reptidex.agents.engine.inputs import MARK, LogRecord
from reptidex.agents.engine.poison import TOLD_BYTES, Obituary, obituary, unreadable
from reptidex.agents.engine.sealing import Record, opened
from reptidex.errors import ContractError
from reptidex.streams import codec
from reptidex.tables.answers import RefusedError
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.letter_office import LetterOffice
from reptidex.testing import UnitHarness
from tests.unit.engine.parcels import AGENTS, Parcel, ParcelWeighed, PostParcel, RemindParcel


def records(post: UnitHarness, *messages: ParcelWeighed | bytes) -> dict[tuple[str, int], list[LogRecord]]:
    """One fetch of these messages, all of them in the partition of the key `a`."""
    partition = post.runner.ownership.partition_of("a")
    made = []
    for offset, message in enumerate(messages):
        value = message if isinstance(message, bytes) else codec.encode(post.envelope(message))
        key = b"a" if isinstance(message, bytes) else message.parcel_id.encode()
        mark = [(MARK, f"scales:{partition}:{offset + 1}".encode())]
        made.append(LogRecord("parcel.weighed", partition, offset, key, value, mark))
    return {("parcel.weighed", partition): made}


def weighed(key: str = "a", trouble: str = "") -> ParcelWeighed:
    return ParcelWeighed(parcel_id=key, weight=1, trouble=trouble)


async def states(post: UnitHarness) -> list[str]:
    return [letter.state for letter in await post.letters()]


async def test_poison_in_the_middle_of_a_chunk_takes_nobody_else_along(post: UnitHarness) -> None:
    others = [weighed(f"b{number}") for number in range(20)]
    await post.runner.run(records(post, *others[:10], weighed("a", "poison"), *others[10:]))

    rows = [await post.get(Parcel, f"b{number}") for number in range(20)]
    assert all(row is not None and row.times == 1 for row in rows)
    assert (await post.get(Parcel, "a"), await states(post)) == (None, ["dead"])


async def test_later_messages_of_the_same_key_wait_behind_a_dead_one(post: UnitHarness) -> None:
    await post.runner.run(records(post, weighed("a", "poison"), weighed("a"), weighed("b"), weighed("a")))

    assert await states(post) == ["dead", "parked", "parked"]


async def test_a_dead_letter_is_told_of_with_its_cause_and_original_bytes(post: UnitHarness) -> None:
    fetch = records(post, weighed("a", "poison"))
    await post.runner.run(fetch)
    [said] = _sent(post)

    assert said.topic == "repti-post.deadletters"
    assert b'"cause":"poison"' in said.value


def _sent(post: UnitHarness) -> list[Record]:
    batches = [batch for outcome in post._outcomes for batch in outcome.batches]
    return [record for batch in batches for sealed in batch.sealed for record in opened(sealed)]


async def test_bytes_that_break_their_contract_are_kept_and_hold_nobody_up(post: UnitHarness) -> None:
    await post.runner.run(records(post, b"not json", weighed("a"), b'{"type": "parcel.weighed"}', weighed("a")))

    row = await post.get(Parcel, "a")
    assert row is not None
    assert (row.times, await states(post)) == (2, ["unreadable", "unreadable"])


async def test_a_version_that_no_row_can_hold_is_unreadable_and_holds_nobody_up(post: UnitHarness) -> None:
    beyond = codec.encode(post.envelope(weighed("a"), sequence=2**63))
    await post.runner.run(records(post, beyond, weighed("a")))

    row = await post.get(Parcel, "a")
    assert row is not None
    assert (row.times, await states(post)) == (1, ["unreadable"])


async def test_an_early_message_is_tried_again_until_what_it_needs_is_there(post: UnitHarness) -> None:
    await post.handle(weighed("a", "early"))
    waiting = await states(post)
    await post.handle(weighed("late"))
    await post.advance(by=timedelta(seconds=1))

    assert (waiting, await states(post)) == (["retrying"], [])


async def test_patience_ends_after_its_deadline(post: UnitHarness) -> None:
    await post.handle(weighed("a", "early"))
    await post.advance(by=timedelta(minutes=11))

    [letter] = await post.letters()
    assert (letter.state, letter.error, letter.attempts > 10) == ("dead", "NotYetError", True)


async def test_a_command_with_a_bug_answers_and_holds_no_later_command_up(post: UnitHarness) -> None:
    with pytest.raises(RefusedError) as told:
        await post.handle(PostParcel(parcel_id="a", trouble="a bug"))
    await post.handle(PostParcel(parcel_id="a"))

    assert (told.value.status, await states(post)) == (500, ["failed"])
    assert await post.get(Parcel, "a") is not None


@pytest.mark.parametrize(("code", "why"), [("buggy", "a bug"), ("forbidden", "parcel a is posted already")])
async def test_a_service_notes_why_its_own_command_died_and_nothing_waits_behind(
    post: UnitHarness, code: str, why: str
) -> None:
    await post.handle(PostParcel(parcel_id="a", code=code))
    await post.advance(by=timedelta(days=1))
    dead = await post.get(Parcel, "a")
    await post.put(Parcel(parcel_id="a", code="mended"))
    await LetterOffice(post.database, clock=lambda: post.now).redrive((await post.letters())[0].letter_id)
    await post.advance()
    mended = await post.get(Parcel, "a")

    assert dead is not None and (dead.reminded, dead.delivered_by) == (0, f"nobody: {why}")
    assert mended is not None and (mended.reminded, mended.delivered_by) == (1, "")
    assert await states(post) == []


async def test_where_a_death_cannot_be_noted_the_letter_waits_for_a_person(post: UnitHarness) -> None:
    await post.handle(PostParcel(parcel_id="a", code="hopeless"))
    await post.advance(by=timedelta(days=1))
    parcel = await post.get(Parcel, "a")

    assert await states(post) == ["dead"]
    assert parcel is not None and parcel.delivered_by == ""


async def test_data_that_the_database_refuses_make_one_dead_letter_only(post: UnitHarness) -> None:
    await post.put(Parcel(parcel_id="first", code="taken"))
    await post.runner.run(records(post, weighed("b"), weighed("a", "twin"), weighed("c")))

    assert await states(post) == ["dead"]
    assert [await post.get(Parcel, key) is not None for key in ("a", "b", "c")] == [False, True, True]


async def test_a_message_that_nobody_handles_is_kept(post: UnitHarness) -> None:
    async with await UnitHarness.open(AGENTS[:2], Parcel) as harness:
        await harness.handle(RemindParcel(parcel_id="a"))

        letters: list[DeadLetterRow] = await harness.letters()
        assert [letter.error for letter in letters] == ["ContractError"]


async def test_no_bytes_whatever_bring_a_worker_down(post: UnitHarness) -> None:
    partition = post.runner.ownership.partition_of("a")
    good = codec.encode(post.envelope(weighed("a")))
    strange = [
        (b"\xff\xfe", good, [(MARK, None)]),
        (b"a\x00b", b"\x00" * 10, [(MARK, b"x:" + b"9" * 5000)]),
        (None, None, []),
        (b"a", b'{"data":' + b"[" * 100_000, [(MARK, b":::")]),
        (b"a", good, [(MARK, b"\xff:1"), ("content-type", None)]),
    ]
    made = [LogRecord("parcel.weighed", partition, place, *each) for place, each in enumerate(strange)]
    await post.runner.run({("parcel.weighed", partition): made})

    assert post.runner.positions["parcel.weighed", partition].next_offset == len(strange)
    assert await states(post) == ["unreadable"] * 3


@pytest.mark.parametrize(("size", "told"), [(1_000, 1_000), (TOLD_BYTES, TOLD_BYTES), (1_000_000, 0), (1_048_576, 0)])
def test_the_log_takes_what_is_told_of_a_letter_however_large_it_is(size: int, told: int) -> None:
    record = LogRecord("parcel.weighed", 0, 7, b"k" * 1000, b"\xff" * size, [])
    letter = unreadable(record, ContractError("\u00e4" * 3000), datetime.now(UTC))

    _, _, key, value, *_ = obituary("post", letter, datetime.now(UTC))

    assert len(key) + len(value) < 1_000_000
    assert len(msgspec.json.decode(value, type=Obituary).value) == told
    assert len(letter.value) == size  # the database keeps it whole
