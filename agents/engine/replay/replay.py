"""A replay: the next generation of a projection built beside the live one, compared with it, or put in its place.

No worker takes part. A live worker goes on as always; at the switch it finds that somebody else has written (the fences tell it),
and goes on with the new rows from the position that both generations share. A stopped one finds the new rows at its next start.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from reptidex.agents.engine.replay.building import Building
from reptidex.agents.engine.replay.origin import EARLIEST, Origin
from reptidex.agents.engine.replay.source import Source
from reptidex.agents.engine.replay.telling import Report, Watch, fingerprint, follow_ups
from reptidex.agents.engine.routing import Routing
from reptidex.agents.projection import Projection
from reptidex.errors import UnavailableError
from reptidex.settings import Settings
from reptidex.streams.contract import command_topic
from reptidex.tables.beside import PATIENCE_S, Beside, is_there
from reptidex.tables.comparing import snapshot
from reptidex.tables.database import Database
from reptidex.tables.positions import TopicPartition
from reptidex.tables.projection import BuildRow, ProjectionRow, ReplayError
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.switch import Moment, Standstill, current, standstill

NEAR = 500
"""So few offsets behind, the rest is done while the service stands still."""
ATTEMPTS = 60
"""So often a switch is tried that those at work do not let in."""


class Manifest(Protocol):
    """What a replay needs of a service's manifest."""

    @property
    def short(self) -> str: ...
    @property
    def refresh(self) -> Callable[[Reader], Awaitable[None]] | None: ...


def _no_step(point: str) -> None:
    """Do nothing at a named point."""


class Replay:
    """One replay of one projection."""

    def __init__(
        self,
        service: Manifest,
        projection: Projection,
        settings: Settings,
        watch: Watch,
        *,
        step: Callable[[str], None] = _no_step,
    ) -> None:
        self._refresh = service.refresh
        self._short, self._projection, self._settings, self._watch = service.short, projection, settings, watch
        self._step = step
        topics = set(Routing(projection.agents).topics(service.short)) - {command_topic(service.short)}
        self._source = Source(settings.log, topics, settings.partitions)
        url = settings.database_of(service.short)
        self._live = Database.open(url, worker=False, readers=2, patience_s=PATIENCE_S, create=False)
        self._resumed = False

    async def run(self, origin: Origin | None = None, *, verify: bool = False, fresh: bool = False) -> Report:
        """Build the next generation and put it in the place of the live one; with `verify` only compare the two.

        Without an `origin` a replay that was cut short is resumed, or else one begins at `earliest`; `fresh` begins anew in any
        case. Raises `ReplayError`, `UnavailableError`.
        """
        began = time.monotonic()
        try:
            generation = await self._generation() + 1
            if self._refresh is not None:
                await self._refresh(Reader(self._live))
            beside, build = await self._place(origin, generation, fresh=fresh)
            try:
                await self._source.open()
                build = build or await self._begin(beside, origin or Origin(EARLIEST), generation)
                report = await self._build(beside, build, began, verify=verify)
                if report.outcome != "differs":
                    await beside.throw_away()
                return report
            finally:
                await beside.close()
        finally:
            await self._source.close()
            await self._live.close()

    async def _generation(self) -> int:
        try:
            if not is_there(self._live):
                raise UnavailableError("the database", f"there is no {self._live.engine.url.database}")
            known = await Reader(self._live).get(ProjectionRow, self._projection.name)
        except UnavailableError as problem:
            raise ReplayError(
                f"the database of repti-{self._short} cannot be read; is it there, and migrated (`reptidex migrate`)?"
                f" {problem}"
            ) from problem
        return known.generation if known else 1

    # -- the place ---------------------------------------------------------------------------------------------------

    async def _place(self, origin: Origin | None, generation: int, *, fresh: bool) -> tuple[Beside, BuildRow | None]:
        """Return the place beside, and what a replay that was killed has been building in it."""
        name = self._projection.name
        beside = await Beside.at(self._live, name, self._projection.parts)
        if fresh:
            await beside.throw_away()
            return await self._place(origin, generation, fresh=False)
        build = await Reader(beside).get(BuildRow, name)
        if build is not None and build.generation != generation:
            await beside.throw_away()
            return await self._place(origin, generation, fresh=False)
        if build is not None and build.fingerprint != fingerprint(self._projection):
            self._watch.note("what an earlier replay built is of another version; it is begun anew")
            await beside.throw_away()
            return await self._place(origin, generation, fresh=False)
        if build is None:
            return beside, None
        if origin is not None and origin.text != build.origin:
            await beside.close()
            raise ReplayError(
                f"a replay of {name} from {build.origin} was cut short: resume it without --from, or begin anew with --fresh"
            )
        self._resumed = True
        return beside, build

    async def _begin(self, beside: Beside, origin: Origin, generation: int) -> BuildRow:
        starts, cut = await origin.starts(self._source)
        by_topic: dict[str, dict[int, int]] = {}
        for (topic, partition), offset in starts.items():
            by_topic.setdefault(topic, {})[partition] = offset
        build = BuildRow(
            name=beside.name,
            generation=generation,
            begun_at=datetime.now(UTC),
            origin=origin.text,
            fingerprint=fingerprint(self._projection),
            starts=by_topic,
            cut=cut,
        )
        session = await beside.session()
        await session.commit([beside.statements(BuildRow).write([build])])
        await session.close()
        return build

    # -- building ----------------------------------------------------------------------------------------------------

    async def _build(self, beside: Beside, build: BuildRow, began: float, *, verify: bool) -> Report:
        building = Building(
            self._short,
            self._projection,
            beside,
            self._source,
            partitions=self._settings.partitions,
            most=self._settings.unit_backlog_records,
            clock=lambda: datetime.now(UTC),
            step=self._step,
        )
        try:
            await building.open()
            await self._go_to(building, build)
            await self._catch_up(building)
            report = Report(
                projection=f"{self._short}.{self._projection.name}",
                generation=build.generation,
                outcome="",
                origin=build.origin,
                resumed=self._resumed,
                cut=build.cut,
                events=0,
                seconds=0.0,
                rows={},
            )
            ending = self._compare if verify else self._switch
            report = await ending(building, beside, build, report)
            read = Reader(self._live if report.outcome == "switched" else beside)
            rows = {part.row.sql.name: await read.count(select(part.row)) for part in self._projection.parts}
            seconds = round(time.monotonic() - began, 3)
            return msgspec.structs.replace(report, rows=rows, events=building.events, seconds=seconds)
        finally:
            await building.store.close()

    async def _go_to(self, building: Building, build: BuildRow) -> None:
        starts = {(t, p): at for t, partitions in build.starts.items() for p, at in partitions.items()}
        places = building.at(starts)
        beginnings = await self._source.beginnings()
        if gone := [at for at, offset in places.items() if offset < beginnings[at]]:
            raise ReplayError(
                f"the log has forgotten records that this replay has not read ({gone[0][0]}/{gone[0][1]});"
                " begin anew with --fresh"
            )
        if ahead := building.ahead(await current(self._live)):
            raise ReplayError(
                f"what was built has more of {ahead[0][0]}/{ahead[0][1]} in it than the live rows: the database or the log was"
                " restored since; begin anew with --fresh"
            )
        self._source.begin(places)

    async def _catch_up(self, building: Building) -> None:
        """Build until so little is left that it can be done while the service stands still."""
        while True:
            now = await current(self._live)
            await self._check_ends(now)
            behind = self._behind(now)
            self._watch.phase("building", behind)
            await building.advance(now, self._watch.step)
            await building.retry(now)
            self._step("caught up")
            if self._behind(await current(self._live)) <= NEAR:
                return

    def _behind(self, now: Moment) -> int:
        return sum(max(0, now.positions.get(at, 0) - offset) for at, offset in self._source.next.items())

    async def _check_ends(self, now: Moment) -> None:
        ends: dict[TopicPartition, int] = await self._source.ends()
        for at, end in ends.items():
            if now.positions.get(at, 0) > end:
                raise ReplayError(
                    f"{at[0]}/{at[1]} ends at {end}, before the position of repti-{self._short}: the log has been replaced."
                    " Start the service once: it reads the new log, or says what to do"
                )

    # -- what comes of it --------------------------------------------------------------------------------------------

    async def _compare(self, building: Building, beside: Beside, build: BuildRow, report: Report) -> Report:
        async with snapshot(self._live) as past:
            await building.advance(past.now, self._watch.step)
            await building.settle(past.now)
            total = sum([await Reader(self._live).count(select(part.row)) for part in self._projection.parts])
            self._watch.phase("comparing", total)
            found = await past.compare(beside, cut=build.cut, looked_at=self._watch.step)
        return msgspec.structs.replace(report, outcome="alike" if found.alike else "differs", comparison=found)

    async def _switch(self, building: Building, beside: Beside, build: BuildRow, report: Report) -> Report:
        for attempt in range(1, ATTEMPTS + 1):
            self._step("before switch")
            began = time.monotonic()
            try:
                async with standstill(self._live, beside) as still:
                    began = time.monotonic()
                    await self._hand_over(building, build, report, still)
                    self._step("in switch")
                break
            except UnavailableError as problem:
                if attempt == ATTEMPTS:
                    raise
                self._watch.note(f"the switch did not come about; again in a moment: {problem}")
                await asyncio.sleep(min(0.1 * attempt, 1.0))
                await self._catch_up(building)
        ms = round((time.monotonic() - began) * 1000, 1)
        self._step("after switch")
        return msgspec.structs.replace(report, outcome="switched", standstill_ms=ms)

    async def _hand_over(self, building: Building, build: BuildRow, report: Report, still: Standstill) -> None:
        await building.advance(still.now, self._watch.step, urgent=True)
        await building.settle(still.now)
        now = datetime.now(UTC)
        row = ProjectionRow(
            name=self._projection.name,
            generation=report.generation,
            offsets=sum(self._source.next.values()) - sum(sum(each.values()) for each in build.starts.values()),
            origin=build.origin,
            switched_at=now,
        )
        more = follow_ups(self._short, self._projection, report.generation, now, self._settings.partitions)
        await still.switch(row, more, cut=build.cut)
