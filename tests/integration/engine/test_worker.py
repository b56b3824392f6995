"""A running worker: events through it, timers and effects in real time, letters sent on, the log away and back."""

import asyncio
import gc
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiokafka
import msgspec
import pytest
from aiokafka.consumer.fetcher import PartitionRecords

from reptidex.agents.agent import Call, Unit, agent, carries_out
from reptidex.agents.engine import pruning
from reptidex.agents.runtime import Worker
from reptidex.devlog import DevLog, Options
from reptidex.errors import UnavailableError
from reptidex.settings import Settings
from reptidex.streams.contract import Command
from reptidex.tables.answers import AnswerRow, StillRunning
from reptidex.tables.database import SecondWorkerError
from reptidex.tables.letter_office import LetterOffice
from reptidex.tables.query import select
from reptidex.tables.store import Found, Wanted
from reptidex.testing import eventually, reached
from reptidex.testing.ports import free_ports
from tests.chaos.engine.scales import Scales, counted, listen
from tests.chaos.engine.worker_process import Parcels
from tests.integration.engine.conftest import Start
from tests.unit.engine.parcels import AGENTS, Deliver, NoteDelivery, Parcel, ParcelWeighed, PostParcel, RemindParcel


async def all_counted(worker: Worker, events: int) -> None:
    await reached(lambda: counted(worker.database), events, "weighings have counted")


async def test_events_are_counted_and_told_of_once(worker: Worker, log: DevLog) -> None:
    await Scales(log.bootstrap, 50).weigh(2000)
    await all_counted(worker, 2000)
    await eventually(lambda: worker.figures().unsent == 0)
    heard = await listen(log.bootstrap)

    assert (heard.distinct, heard.repeats) == (2000, 0)


async def test_a_worker_that_is_started_again_goes_on_where_it_was(start: Start, log: DevLog) -> None:
    scales = Scales(log.bootstrap, 50)
    await scales.weigh(500)
    first = await start()
    await all_counted(first, 500)
    await first.stop()
    await scales.weigh(500)
    second = await start()
    await all_counted(second, 1000)

    assert (await listen(log.bootstrap)).repeats == 0


async def test_a_worker_that_gives_partitions_up_leaves_nothing_to_be_sent_again(worker: Worker, log: DevLog) -> None:
    await Scales(log.bootstrap, 50).weigh(500)
    await all_counted(worker, 500)
    held = list(worker.engine.ownership.fences)
    await worker.engine.on_revoked()
    fences = await worker.engine.store.fences(held)

    assert sum(fence.sent for fence in fences.values()) >= 500
    assert [fence.relayed for fence in fences.values()] == [fence.sent for fence in fences.values()]


async def test_a_second_worker_on_a_sqlite_file_is_refused_with_a_clear_word(worker: Worker, start: Start) -> None:
    with pytest.raises(SecondWorkerError, match="another worker already works on"):
        await start()


async def test_a_timer_fires_in_real_time_and_survives_a_new_start(start: Start) -> None:
    @agent(PostParcel)
    async def soon(message: PostParcel, unit: Unit) -> None:
        """Remind in a moment."""
        unit.put(Parcel(parcel_id=message.parcel_id, code=message.parcel_id))
        unit.timer("soon", datetime.now(UTC) + timedelta(seconds=1), RemindParcel(parcel_id=message.parcel_id))

    service = Parcels(agents=(soon, *AGENTS[2:]))
    first = await start(service)
    await first.asker.ask(PostParcel(parcel_id="a"), command_id="c1")
    await first.stop()
    second = await start(service)

    async def reminded() -> int:
        return (await second.reader.need(Parcel, "a")).reminded

    assert await eventually(reminded) == 1


async def test_an_effect_is_tried_again_until_it_is_done(start: Start) -> None:
    attempts: list[int] = []

    @carries_out(Deliver)
    async def deliver(effect: Deliver, call: Call) -> Command | None:
        """Fail twice."""
        attempts.append(call.attempt)
        if call.attempt < 3:
            raise UnavailableError("the post")
        return NoteDelivery(parcel_id=effect.parcel_id, by="the third postman")

    worker = await start(Parcels(carriers=(deliver,)))
    await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1")

    async def delivered() -> str:
        return (await worker.reader.need(Parcel, "a")).delivered_by

    assert await eventually(delivered) == "the third postman"
    assert attempts == [1, 2, 3]


async def test_a_letter_that_a_person_sends_on_is_handled_with_what_waits_behind_it(start: Start, log: DevLog) -> None:
    trouble = asyncio.Event()
    trouble.set()

    @agent(ParcelWeighed)
    async def count(message: ParcelWeighed, unit: Unit) -> None:
        """Count, unless there is trouble."""
        if trouble.is_set():
            raise RuntimeError("trouble")
        row = await unit.get(Parcel, message.parcel_id) or Parcel(parcel_id=message.parcel_id, code="x")
        unit.put(msgspec.structs.replace(row, times=row.times + 1))

    worker = await start(Parcels(agents=(count,)))
    await Scales(log.bootstrap, 1).weigh(5)
    office = LetterOffice(worker.database, clock=lambda: datetime.now(UTC))

    async def one_dead_four_behind() -> bool:
        letters = await office.letters()
        return len(letters) == 1 and await office.behind(letters[0]) == 4

    await eventually(one_dead_four_behind)
    trouble.clear()
    [dead] = await office.letters()
    await office.redrive(dead.letter_id)
    await all_counted(worker, 5)

    await eventually(lambda: worker.figures().letters_blocking == 0)


async def test_a_letter_that_is_given_up_lets_the_next_ones_go_on(start: Start, log: DevLog) -> None:
    seen: list[str] = []

    @agent(ParcelWeighed)
    async def count(message: ParcelWeighed, unit: Unit) -> None:
        """Fail on the first."""
        seen.append(unit.cause.id)
        if unit.cause.id == "weighing-0":
            raise RuntimeError("the first")
        row = await unit.get(Parcel, message.parcel_id) or Parcel(parcel_id=message.parcel_id, code="x")
        unit.put(msgspec.structs.replace(row, times=row.times + 1))

    worker = await start(Parcels(agents=(count,)))
    await Scales(log.bootstrap, 1).weigh(4)
    office = LetterOffice(worker.database, clock=lambda: datetime.now(UTC))
    [dead] = await eventually(office.letters)
    await office.discard(dead.letter_id)
    await all_counted(worker, 3)

    assert [letter.state for letter in await office.letters(("discarded",))] == ["discarded"]


async def test_a_worker_waits_for_a_log_that_is_away_and_sends_what_it_has_when_it_is_back(tmp_path: Path) -> None:
    [port] = free_ports(1)
    options = Options(data_dir=tmp_path / "log", group_delay=0.02, port=port)
    async with DevLog(options) as log:
        settings = Settings(log=log.bootstrap, state_dir=str(tmp_path), fetch_wait_ms=50, session_timeout_s=3.0)
        worker = Worker(Parcels(), settings)
        await worker.start()
        await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1")
    with pytest.raises(UnavailableError):
        await worker.asker.ask(PostParcel(parcel_id="b"), command_id="c2", deadline_s=0.5)
    async with DevLog(options):

        async def answered() -> bool:
            try:
                return bool(await worker.asker.ask(PostParcel(parcel_id="c"), command_id="c3", deadline_s=2))
            except (UnavailableError, StillRunning):
                return False

        assert await eventually(answered)
        await eventually(lambda: worker.figures().unsent == 0)
        await worker.stop()


async def test_the_group_follows_the_database(worker: Worker, log: DevLog) -> None:
    await Scales(log.bootstrap, 20).weigh(100)
    await all_counted(worker, 100)
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=log.bootstrap, group_id="repti-post", enable_auto_commit=False
    )
    await consumer.start()

    async def committed() -> bool:
        tps = [aiokafka.TopicPartition("parcel.weighed", each) for each in range(4)]
        return sum([await consumer.committed(tp) or 0 for tp in tps]) == 100

    try:
        assert await eventually(committed, every=0.2)
    finally:
        await consumer.stop()


async def test_fausts_tables_show_the_rows_in_memory_and_are_written_by_units_only(worker: Worker) -> None:
    await worker.asker.ask(PostParcel(parcel_id="a"), command_id="c1")
    table = worker.app.tables["parcels"]

    assert table["a"] == Parcel(parcel_id="a", code="a")
    with pytest.raises(TypeError):
        table.data["a"] = Parcel(parcel_id="a", code="b")


async def test_a_record_that_comes_while_partitions_move_is_not_left_behind(worker: Worker, log: DevLog) -> None:
    scales = Scales(log.bootstrap, 1)
    for count in range(1, 9):
        await worker.app.consumer.perform_seek()  # as after a rebalance, with a fetch under way
        await scales.weigh(1)  # nothing follows that would show the gap
        await all_counted(worker, count)


async def test_a_worker_whose_client_fetches_no_more_ends(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    fetcher = worker.app.consumer._thread._ensure_consumer()._fetcher
    monkeypatch.setattr(fetcher, "_get_actions_per_node", lambda _: 1 / 0)

    await asyncio.wait_for(worker.wait(), 60)


@pytest.mark.filterwarnings("ignore:Setting new value")
async def test_a_database_that_is_away_for_long_while_partitions_come_is_waited_for(
    worker: Worker, log: DevLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, take_over, tried = asyncio.Event(), worker.engine.store.take_over, list[int]()

    async def unavailable(partitions: Any) -> Any:
        tried.append(len(tried))
        if away.is_set():
            return await take_over(partitions)
        raise UnavailableError("the database")

    monkeypatch.setattr(worker.engine.store, "take_over", unavailable)
    monkeypatch.setattr(worker.app.conf, "broker_request_timeout", 0.2)  # what Faust would wait
    coordinator = worker.app.consumer._thread._ensure_consumer()._coordinator
    coordinator.request_rejoin()
    await eventually(lambda: len(tried) > 3)
    ready = worker.figures().ready
    away.set()
    await Scales(log.bootstrap, 10).weigh(10)
    await all_counted(worker, 10)

    assert (ready, worker.figures().ready) == (False, True)


async def test_a_database_that_is_away_for_long_is_no_unit_that_hangs(worker: Worker, log: DevLog) -> None:
    load, busy, began = worker.engine.store.load, list[float](), time.monotonic()

    async def away(wanted: Wanted, *, aside: bool = False) -> Found:
        busy.append(worker.figures().busy_s)
        if time.monotonic() - began > 4:
            return await load(wanted, aside=aside)
        raise UnavailableError("the database", "away")

    worker.engine.store.load = away  # type: ignore[method-assign]
    await Scales(log.bootstrap, 10).weigh(20)
    await all_counted(worker, 20)

    assert max(busy) < 1.5


async def test_what_is_too_old_goes(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PRUNE_EVERY_S", 0.2)
    worker = await start()
    session, statements = await worker.database.session(), worker.database.statements(AnswerRow)
    made = {"old": datetime(2020, 1, 1, tzinfo=UTC), "new": datetime.now(UTC)}
    answers = [AnswerRow(command_id=name, status=200, created=created) for name, created in made.items()]
    await session.commit([statements.write(answers)])
    await session.close()

    async def pruned() -> bool:
        return [row.command_id for row in await worker.reader.find(select(AnswerRow))] == ["new"]

    await eventually(pruned)


async def test_what_was_fetched_is_let_go_of_without_the_garbage_collector(worker: Worker, log: DevLog) -> None:
    scales = Scales(log.bootstrap, 10)
    for count in range(1, 21):
        await scales.weigh(1)
        await all_counted(worker, count)

    held = [each for each in gc.get_objects() if type(each) is PartitionRecords]
    assert len(held) < 5
