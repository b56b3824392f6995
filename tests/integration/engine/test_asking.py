"""Asking a running worker: durable answers, refusals, repeats, deadlines."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from reptidex.agents import runtime
from reptidex.agents.agent import Unit, agent
from reptidex.agents.engine.asking import CommandTooLargeError
from reptidex.agents.runtime import Worker
from reptidex.devlog import DevLog
from reptidex.errors import NotFoundError, NotYetError, UnavailableError
from reptidex.tables.answers import RefusedError, RepeatedKeyError, StillRunning
from reptidex.tables.reader import Reader
from reptidex.testing import eventually
from tests.chaos.engine.worker_process import Parcels
from tests.integration.engine.conftest import Start
from tests.unit.engine.parcels import Parcel, ParcelTakenError, PostParcel


async def test_an_answer_means_that_the_row_can_be_read(worker: Worker) -> None:
    answer = await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1", actor="user:1")

    assert answer == b'{"parcel_id":"a","posted":true}'
    assert await worker.reader.get(Parcel, "a") is not None


async def test_a_refusal_is_the_handlers_own_error_and_stays_one_for_repeats(worker: Worker) -> None:
    await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1")
    with pytest.raises(ParcelTakenError):
        await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c2")
    with pytest.raises(RefusedError) as again:
        await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c2")

    told = (again.value.kind, again.value.status, again.value.title, again.value.attributes)
    assert told == ("ParcelTakenError", 409, "This parcel is posted already", {"parcel_id": "a"})


async def test_a_repeat_gets_the_first_answer_and_another_request_under_its_id_is_refused(worker: Worker) -> None:
    first = await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1", request_hash="h1")
    again = await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1", request_hash="h1")

    assert again == first
    with pytest.raises(RepeatedKeyError):
        await worker.asker.ask(PostParcel(parcel_id="b"), command_id="c1", request_hash="h2")


async def test_many_at_once_are_all_answered(worker: Worker) -> None:
    asked = [worker.asker.ask(PostParcel(parcel_id=f"p{each}"), command_id=f"c{each}") for each in range(300)]
    answers = await asyncio.gather(*asked)

    assert len({bytes(answer) for answer in answers}) == 300


async def test_an_outcome_that_takes_too_long_is_still_running_and_can_be_asked_for_later(start: Start) -> None:
    @agent(PostParcel)
    async def wait(message: PostParcel, unit: Unit) -> None:
        """Not before the other one is there."""
        if message.parcel_id == "a" and await unit.get(Parcel, "b") is None:
            raise NotYetError("b is not there")
        unit.put(Parcel(parcel_id=message.parcel_id, code=message.parcel_id))

    worker = await start(Parcels(agents=(wait,)))
    with pytest.raises(StillRunning):
        await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1", actor="user:1", deadline_s=2)
    before = await worker.asker.outcome("c1", actor="user:1")
    await worker.asker.ask(PostParcel(parcel_id="b"), command_id="c2")
    await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1", actor="user:1")
    after = await worker.asker.outcome("c1", actor="user:1")

    assert (before.state, after.state) == ("running", "done")


async def test_an_outcome_is_told_to_nobody_else(worker: Worker) -> None:
    await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1", actor="user:1")

    with pytest.raises(NotFoundError):
        await worker.asker.outcome("c1", actor="user:2")


async def test_a_command_of_the_start_is_carried_out_at_each_start(start: Start, log: DevLog) -> None:
    worker = await start(Parcels(at_start=(PostParcel(parcel_id="first"),)))

    await eventually(lambda: worker.reader.get(Parcel, "first"))
    assert worker.figures().ready


async def test_reference_data_is_fresh_before_the_first_record_and_looked_after(
    start: Start, log: DevLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "REFRESH_S", 0.01)
    seen: list[bool] = []

    async def refresh(reader: Reader) -> None:
        seen.append(await reader.get(Parcel, "first") is not None)
        if len(seen) == 2:
            raise UnavailableError("the database")

    await start(Parcels(at_start=(PostParcel(parcel_id="first"),), refresh=refresh))
    await eventually(lambda: len(seen) > 3 and seen[-1], why="it goes on after a failure")

    assert seen[0] is False


async def test_the_figures_tell_what_a_health_check_wants_to_know(worker: Worker) -> None:
    await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1")
    figures = worker.figures()

    assert (figures.ready, figures.partitions, figures.lag) == (True, (0, 1, 2, 3), 0)
    assert msgspec.json.encode(figures)
    assert datetime.now(UTC)


async def test_a_command_that_no_log_takes_is_refused_as_too_large(worker: Worker) -> None:
    with pytest.raises(CommandTooLargeError) as refused:
        await worker.asker.ask(PostParcel(parcel_id="a", code="x" * 1_050_000), command_id="c1")

    assert (refused.value.status, refused.value.retriable) == (413, False)
