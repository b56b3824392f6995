"""Replays on a real log and both databases: rebuilt, compared, switched under a live worker, killed and resumed."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reptidex.agents.engine.replay import building
from reptidex.agents.engine.replay.origin import Origin
from reptidex.agents.engine.replay.replay import Replay
from reptidex.agents.projection import Projection
from reptidex.agents.runtime import Worker
from reptidex.devlog import DevLog
from reptidex.settings import Settings
from reptidex.tables.beside import Beside, is_under_way
from reptidex.tables.database import Database
from reptidex.tables.driver import Lookup
from reptidex.tables.effects import EffectRow
from reptidex.tables.letter_office import LetterOffice
from reptidex.tables.positions import Position
from reptidex.tables.projection import Part, ProjectionRow, ReplayError
from reptidex.tables.query import select
from reptidex.tables.store import Changes, Store
from reptidex.testing import eventually, reached
from tests.chaos.engine.replay_process import COUNTS, Quiet, killed_at
from tests.chaos.engine.scales import Scales, books, counted, key_of, listen
from tests.chaos.engine.worker_process import Parcels
from tests.integration.engine.conftest import on_its_database
from tests.unit.engine.parcels import Parcel, PostParcel

KEYS = 100


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return on_its_database(settings, request, tmp_path)


@pytest.fixture
async def scales(log: DevLog) -> Scales:
    return Scales(log.bootstrap, KEYS)


@pytest.fixture
async def live(worker: Worker) -> Worker:
    return worker


def replay(settings: Settings, projection: Projection = COUNTS, **options: Any) -> Replay:
    return Replay(Parcels(), projection, settings, Quiet(), **options)


async def weighed(scales: Scales, worker: Worker, count: int) -> None:
    await scales.weigh(count)
    await all_counted(worker.database, scales.count)


async def all_counted(database: Database, count: int) -> None:
    await reached(lambda: counted(database), count, "weighings have counted")


async def write(database: Database, *rows: Any) -> None:
    session = await database.session()
    await session.commit([database.statements(type(rows[0])).write(rows)])
    await session.close()


async def test_what_was_spoilt_is_right_again_and_the_live_worker_counts_on(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await weighed(scales, live, 1000)
    right = await books(live.database)
    await write(live.database, Parcel(parcel_id=key_of(1, KEYS), code="spoilt", times=10_000))
    report = await replay(settings).run()
    rebuilt = await books(live.database)
    await scales.weigh(500)
    await all_counted(live.database, 1500)
    await eventually(lambda: live.figures().unsent == 0)

    assert (report.outcome, report.generation, report.events, report.rows) == ("switched", 2, 1000, {"parcels": KEYS})
    assert rebuilt == right
    assert await books(live.database) == {key_of(number, KEYS): 15 for number in range(KEYS)}
    assert (await listen(settings.log)).distinct == 1500


async def test_live_writes_during_a_replay_are_counted_once(live: Worker, scales: Scales, settings: Settings) -> None:
    await weighed(scales, live, 2000)

    async def stream() -> None:
        for _ in range(20):
            await scales.weigh(100)
            await asyncio.sleep(0.02)

    streaming = asyncio.create_task(stream())
    reports = [await replay(settings).run() for _ in range(3)]
    await streaming
    await all_counted(live.database, 4000)

    assert [report.generation for report in reports] == [2, 3, 4]
    assert await books(live.database) == {key_of(number, KEYS): 40 for number in range(KEYS)}
    assert live.figures().letters_blocking == 0


async def test_a_stopped_service_is_rebuilt_and_goes_on_where_it_was(settings: Settings, scales: Scales) -> None:
    first = Worker(Parcels(), settings)
    await first.start()
    await weighed(scales, first, 300)
    await first.stop()
    await scales.weigh(100)
    report = await replay(settings).run()
    second = Worker(Parcels(), settings)
    await second.start()
    await all_counted(second.database, 400)
    found = await books(second.database)
    await second.stop()

    assert report.events == 300
    assert sum(found.values()) == 400


async def test_a_comparison_finds_what_was_planted_and_leaves_all_as_it_is(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await weighed(scales, live, 300)
    same = await replay(settings).run(verify=True)
    planted = Parcel(parcel_id=key_of(7, KEYS), code=key_of(7, KEYS), times=4, total=3)
    extra = Parcel(parcel_id="nobody", code="nobody")
    await write(live.database, planted, extra)
    report = await replay(settings).run(verify=True)

    assert (same.outcome, same.comparison and same.comparison.rows) == ("alike", KEYS)
    found = report.comparison
    assert report.outcome == "differs"
    assert found is not None
    assert (found.differing, found.only_live, found.only_rebuilt) == (1, 1, 0)
    assert [(each.key, each.columns) for each in found.examples if each.columns] == [
        (planted.parcel_id, {"times": (4, 3)})
    ]
    assert (await books(live.database))["nobody"] == 0
    assert await is_under_way(live.database, "counts")


async def test_effects_timers_and_events_of_a_replay_come_to_nothing(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await live.asker.ask(PostParcel(parcel_id=key_of(1, KEYS)), command_id="c1")
    await weighed(scales, live, 200)
    await eventually(lambda: live.figures().unsent == 0)
    before = await listen(settings.log)
    await replay(settings).run()
    after = await listen(settings.log)

    assert (after.records, after.repeats) == (before.records, before.repeats)
    assert await live.reader.find(select(EffectRow)) == []


async def test_what_is_carried_comes_over_and_a_follow_up_is_carried_out(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await live.asker.ask(PostParcel(parcel_id=key_of(1, KEYS)), command_id="c1")
    await weighed(scales, live, 200)

    async def delivered() -> bool:
        return (await live.reader.need(Parcel, key_of(1, KEYS))).delivered_by == "the postman"

    await eventually(delivered)
    projection = msgspec.structs.replace(COUNTS, then=(PostParcel(parcel_id="afterwards"),))
    await replay(settings, projection).run()
    await eventually(lambda: live.reader.get(Parcel, "afterwards"))

    assert await delivered()


async def test_rows_that_are_none_of_the_logs_business_stay(live: Worker, scales: Scales, settings: Settings) -> None:
    await live.asker.ask(PostParcel(parcel_id="mine"), command_id="c1")
    await weighed(scales, live, 200)
    told = Part(row=Parcel, told=lambda parcel: parcel.parcel_id != "mine")
    report = await replay(settings, msgspec.structs.replace(COUNTS, parts=(told,))).run()

    assert report.rows == {"parcels": KEYS + 1}
    assert await live.reader.get(Parcel, "mine") is not None


async def test_a_replay_from_later_keeps_what_only_the_live_rows_know(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await weighed(scales, live, 50)  # of half of the parcels
    later = datetime.now(UTC)
    await asyncio.sleep(0.01)
    await weighed(scales, live, 150)
    report = await replay(settings).run(Origin.of(later.isoformat()))

    assert (report.cut, report.events) == (True, 150)
    assert set((await books(live.database)).values()) == {1, 2}


async def test_offsets_of_a_file_are_where_it_begins(
    live: Worker, scales: Scales, settings: Settings, tmp_path: Path
) -> None:
    await weighed(scales, live, 200)
    place = tmp_path / "offsets.json"
    place.write_text(json.dumps({"parcel.weighed": {"0": 10}}))
    report = await replay(settings).run(Origin.of(str(place)), verify=True)

    assert (report.events, report.cut) == (190, True)


async def test_a_message_that_the_live_service_put_away_waits_for_whoever_is_live(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await scales.weigh(100, poison=frozenset({40}))
    await all_counted(live.database, 99)
    await eventually(lambda: live.figures().letters_blocking == 1)
    report = await replay(settings).run()
    office = LetterOffice(live.database, clock=lambda: datetime.now(UTC))
    [letter] = await office.letters()

    assert report.outcome == "switched"
    assert await counted(live.database) == 99
    assert letter.state == "dead"


async def test_a_replay_is_refused_where_it_would_lack_what_the_live_rows_have(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    from reptidex.agents.agent import Unit, agent
    from tests.unit.engine.parcels import ParcelWeighed

    @agent(ParcelWeighed)
    async def stumble(message: ParcelWeighed, unit: Unit) -> None:
        """Fail."""
        raise KeyError(message.parcel_id)

    await weighed(scales, live, 20)
    with pytest.raises(ReplayError, match="20 messages that the live service has handled cannot be handled"):
        await replay(settings, msgspec.structs.replace(COUNTS, agents=(stumble,))).run()

    assert await counted(live.database) == 20


async def test_a_replay_that_was_killed_after_its_switch_leaves_the_new_rows(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await weighed(scales, live, 300)
    await killed_at(settings, "after switch:1")
    await scales.weigh(100)
    await all_counted(live.database, 400)
    known = await live.reader.need(ProjectionRow, "counts")
    again = await replay(settings).run()

    assert (known.generation, again.generation, again.events) == (2, 3, 400)
    assert sum((await books(live.database)).values()) == 400


async def test_what_was_built_before_the_live_rows_went_back_is_not_built_on(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await weighed(scales, live, 200)
    await killed_at(settings, "caught up:1")
    await live.stop()
    database = Database.open(settings.database_of("post"))
    store = Store(database)
    known = await store.positions(range(settings.partitions))
    before = {at: Position(max(0, each.next_offset - 10), each.marks) for at, each in known.items()}
    await store.commit(Changes(now=datetime.now(UTC), stamp=0, positions=before))
    await store.close()
    await database.close()

    with pytest.raises(ReplayError, match=r"restored since; begin anew with --fresh"):
        await replay(settings).run()
    assert (await replay(settings).run(fresh=True)).outcome == "switched"


async def test_a_second_replay_of_the_same_rows_is_refused(live: Worker, scales: Scales, settings: Settings) -> None:
    await weighed(scales, live, 100)
    first = await Beside.at(live.database, "counts", COUNTS.parts)
    with pytest.raises(ReplayError, match="another replay of counts is at work"):
        await replay(settings).run()
    await first.close()

    assert (await replay(settings).run()).outcome == "switched"


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_a_switch_lets_a_long_reader_finish_and_keeps_nobody_waiting_behind_it(
    live: Worker, scales: Scales, settings: Settings
) -> None:
    await weighed(scales, live, 200)
    notes: list[str] = []

    class Noting(Quiet):
        def note(self, text: str) -> None:
            notes.append(text)

    reader = await live.database.session()
    await reader.write([], [Lookup("SELECT count(*) FROM parcels")])  # in a transaction that stays open
    switching = asyncio.create_task(Replay(Parcels(), COUNTS, settings, Noting()).run())
    await eventually(lambda: bool(notes))
    await scales.weigh(100)
    await all_counted(live.database, 300)  # the worker was let through meanwhile
    await reader.rollback()
    await reader.close()
    report = await switching

    assert "the switch did not come about" in notes[0]
    assert report.outcome == "switched"
    assert sum((await books(live.database)).values()) == 300


async def test_a_log_that_falls_silent_during_the_switch_holds_the_service_up_for_a_moment_only(
    live: Worker, scales: Scales, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Notes(Quiet):
        """Keeps what is told."""

        def note(self, text: str) -> None:
            notes.append(text)

    monkeypatch.setattr(building, "SILENCE_S", 0.2)
    await weighed(scales, live, 500)
    notes, silences = list[str](), list[int]()
    under_way = Replay(Parcels(), COUNTS, settings, Notes())
    read, catch_up = under_way._source.read, under_way._catch_up

    async def and_more(building: Any) -> None:
        await catch_up(building)
        if scales.count == 500:
            await weighed(scales, live, 10)

    async def silent(most: int) -> Any:
        """Give nothing of what came last, the first few times that it is asked for."""
        if scales.count == 500 or len(silences) == 3:
            return await read(most)
        silences.append(most)
        await asyncio.sleep(0.15)
        return {}

    monkeypatch.setattr(under_way, "_catch_up", and_more)
    monkeypatch.setattr(under_way._source, "read", silent)
    report = await asyncio.wait_for(under_way.run(), 30)

    assert (report.outcome, ["gave nothing" in note for note in notes]) == ("switched", [True])
