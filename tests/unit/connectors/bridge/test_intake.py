"""Events go onto the log once, however often and by however many queues they come at the same time."""

import asyncio

from reptidex.connectors.bridge.arrivals import Arrival
from reptidex.connectors.bridge.intake import MOST, InboxAwayError, Intake
from reptidex.connectors.bridge.ports import Identity, Said
from reptidex.errors import ContractError, UnavailableError
from reptidex.testing import eventually


class Log:
    """A log that holds some records back until it is told to take them."""

    def __init__(self) -> None:
        self.puts: list[list[str]] = []
        self.errors: dict[str, Exception] = {}
        self.held: dict[str, asyncio.Event] = {}

    async def put(self, records: list[Said]) -> list[Exception | None]:
        keys = [record.key for record in records]
        self.puts.append(keys)
        for key in keys:
            if key in self.held:
                await self.held[key].wait()
        return [self.errors.get(key) for key in keys]


class Inbox:
    """An inbox that answers as of the moment when it was asked, however late it answers."""

    def __init__(self) -> None:
        self.known: set[Identity] = set()
        self.slow: asyncio.Event | None = None
        self.asked = 0
        self.broken = False

    async def seen(self, events: list[Identity]) -> set[Identity]:
        self.asked += 1
        there = self.known.intersection(events)
        if self.slow is not None:
            await self.slow.wait()
        return there

    async def record(self, events: list[Identity]) -> None:
        if self.broken:
            raise UnavailableError("the database", "gone")
        self.known.update(events)


def arrival(key: str) -> Arrival:
    return Arrival(Said("animal.created", key, b"{}", ()), ("/repti-animal", key))


async def test_a_repeat_of_what_is_under_way_is_no_second_record_whenever_it_comes() -> None:
    log, inbox = Log(), Inbox()
    intake = Intake(log, inbox)  # type: ignore[arg-type]
    inbox.slow = asyncio.Event()
    first = asyncio.create_task(intake.admit([arrival("a")]))
    await eventually(lambda: inbox.asked == 1)
    # Were the inbox asked for this one now, it would not know the event, and say so after the first is through.
    second = asyncio.create_task(intake.admit([arrival("a"), arrival("b")]))
    await asyncio.sleep(0)
    inbox.slow.set()
    assert (await first, await second) == (["published"], ["repeat", "published"])
    assert sorted(key for put in log.puts for key in put) == ["a", "b"]


async def test_one_that_comes_twice_in_the_same_receive_goes_once() -> None:
    log, inbox = Log(), Inbox()
    assert await Intake(log, inbox).admit([arrival("a"), arrival("a")]) == ["published", "repeat"]  # type: ignore[arg-type]
    assert log.puts == [["a"]]


async def test_a_repeat_is_tried_in_the_place_of_one_that_failed() -> None:
    log, inbox = Log(), Inbox()
    intake = Intake(log, inbox)  # type: ignore[arg-type]
    problem, go_on = UnavailableError("the log"), asyncio.Event()
    log.held["a"], log.errors["a"] = go_on, problem
    first = asyncio.create_task(intake.admit([arrival("a")]))
    await eventually(lambda: log.puts == [["a"]])
    second = asyncio.create_task(intake.admit([arrival("a")]))
    await asyncio.sleep(0)
    go_on.set()
    assert await first == [problem]
    log.errors.clear()
    assert (await second, log.puts) == (["published"], [["a"], ["a"]])


async def test_what_comes_while_a_round_is_under_way_goes_together() -> None:
    log, inbox = Log(), Inbox()
    intake = Intake(log, inbox)  # type: ignore[arg-type]
    log.held["0"] = asyncio.Event()
    first = asyncio.create_task(intake.admit([arrival("0")]))
    await eventually(lambda: bool(log.puts))
    rest = [asyncio.create_task(intake.admit([arrival(f"{each}")])) for each in range(1, MOST)]
    await asyncio.sleep(0)
    log.held["0"].set()
    assert await asyncio.gather(first, *rest) == [["published"]] * MOST
    assert [len(put) for put in log.puts] == [1, MOST - 1]


async def test_a_record_that_the_log_does_not_acknowledge_holds_no_others_back() -> None:
    log, inbox = Log(), Inbox()
    intake = Intake(log, inbox)  # type: ignore[arg-type]
    log.held["hangs"] = asyncio.Event()
    hanging = asyncio.create_task(intake.admit([arrival("hangs")]))
    await eventually(lambda: bool(log.puts))
    assert await asyncio.wait_for(intake.admit([arrival("other")]), 30) == ["published"]
    assert not hanging.done()
    log.held["hangs"].set()
    assert await hanging == ["published"]


async def test_each_event_hears_its_own_fate() -> None:
    log, inbox = Log(), Inbox()
    intake = Intake(log, inbox)  # type: ignore[arg-type]
    inbox.known.add(("/repti-animal", "old"))
    away, never = UnavailableError("the log"), ContractError("too large")
    log.errors = {"away": away, "never": never}
    said = await intake.admit([arrival(each) for each in ("old", "away", "new", "never")])
    assert said == ["repeat", away, "published", never]
    assert inbox.known == {("/repti-animal", "old"), ("/repti-animal", "new")}


async def test_an_inbox_that_cannot_be_written_has_the_event_come_again() -> None:
    log, inbox = Log(), Inbox()
    intake = Intake(log, inbox)  # type: ignore[arg-type]
    inbox.broken = True
    [said] = await intake.admit([arrival("a")])
    assert isinstance(said, InboxAwayError)
    inbox.broken = False
    assert await intake.admit([arrival("a")]) == ["published"]
