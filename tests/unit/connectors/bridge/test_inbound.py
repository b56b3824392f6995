"""What SQS shows is never held on to: whatever breaks while it is dealt with, it can be received again."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from reptidex.connectors.bridge.arrivals import Admission, self_contained
from reptidex.connectors.bridge.heartbeats import keep_hidden
from reptidex.connectors.bridge.inbound import Inbound
from reptidex.connectors.bridge.intake import Intake
from reptidex.connectors.bridge.ports import Identity, Letter, Said
from reptidex.connectors.bridge.reading import Reading
from reptidex.connectors.bridge.sqs import Received
from reptidex.connectors.bridge.tracker import Tracker
from reptidex.connectors.bridge.verdicts import DONE, Fate, Verdict
from reptidex.errors import ContractError, UnavailableError
from reptidex.platform.bridge.metrics import BridgeMetrics
from reptidex.testing import eventually
from tests.integration.bridge.said import event, seen


class Queue:
    name, fifo = "q", False

    def __init__(self) -> None:
        self.hidden: list[str] = []
        self.deleted: list[str] = []

    async def hide(self, handles: list[tuple[str, int]]) -> list[Verdict]:
        self.hidden += [handle for handle, _ in handles]
        return [DONE] * len(handles)

    async def delete(self, handles: list[str]) -> list[Verdict]:
        self.deleted += handles
        return [DONE] * len(handles)


class Parts:
    """The log, the inbox and the letters; the letters break once."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.kept: list[str] = []
        self.broken = True

    async def put(self, records: list[Said]) -> list[Exception | None]:
        self.said += records
        return [None for _ in records]

    async def seen(self, events: list[Identity]) -> set[Identity]:
        return set()

    async def record(self, events: list[Identity]) -> None: ...

    def blocks(self, topic: str, key: str) -> bool:
        return False

    async def learn(self, topic: str, keys: Sequence[str]) -> None: ...

    async def keep(self, letter: Letter) -> None:
        if self.broken:
            self.broken = False
            raise RuntimeError("nobody has thought of this")
        self.kept.append(letter.letter_id)


def messages(receives: int) -> list[Received]:
    bodies = ["hello", event("animal.created").decode()]
    return [
        Received(message_id=str(place), handle=f"{place}/{receives}", body=body, receives=receives, place=str(place))
        for place, body in enumerate(bodies)
    ]


def pump(queue: Any, tracker: Tracker, parts: Any) -> Inbound:
    """Return what reads a queue, with parts that a test holds in its hands."""
    bucket: Any = type("Bucket", (), {"bucket": "b"})
    none: Any = None
    reading = Reading(Admission(events=("*",), own="us"), bucket, none, topics=())
    meter = BridgeMetrics(CollectorRegistry())
    return Inbound(queue, tracker, reading, Intake(parts, parts), parts, meter, held_most=10)


async def test_a_receive_that_broke_is_given_back_and_dealt_with_the_next_time() -> None:
    queue, tracker, parts = Queue(), Tracker(30.0), Parts()
    inbound = pump(queue, tracker, parts)

    inbound.meet([messages(1)])
    await inbound.finish(1.0)
    assert (queue.hidden, queue.deleted, len(tracker)) == (["0/1", "1/1"], [], 0)

    inbound.meet([messages(2)])
    await inbound.finish(1.0)
    assert (parts.kept, [said.topic for said in parts.said]) == (["sqs/q/0"], ["animal.created"])
    assert (sorted(queue.deleted), len(tracker)) == (["0/2", "1/2"], 0)


class Gate(Parts):
    """A log that holds the records of one key back until each is let through."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key, self.through, self.waits = key, asyncio.Semaphore(0), False

    async def put(self, records: list[Said]) -> list[Exception | None]:
        if any(record.key == self.key for record in records):
            self.waits = True
            await self.through.acquire()
            self.waits = False
        return await super().put(records)


async def test_a_group_is_worked_on_one_after_the_other_and_free_as_soon_as_it_is_done() -> None:
    slow, quick = (f"00000000-0000-7000-9000-00000000000{number}" for number in (1, 2))

    def of(group: str, number: int) -> Received:
        raw = event("order.created", key=group, number=number, id=f"{group[:-4]}{number}00{group[-1]}").decode()
        place = f"{group}/{number}"
        return Received(message_id=place, handle=place, body=raw, group=group, place=place)

    queue, tracker, parts = Queue(), Tracker(30.0), Gate(slow)
    queue.fifo = True
    inbound = pump(queue, tracker, parts)

    inbound.meet([[of(quick, 1), of(slow, 1), of(slow, 2)]])
    await eventually(lambda: parts.waits)
    inbound.meet([[of(slow, 3)]])
    await eventually(lambda: queue.hidden == [f"{slow}/3"], why="given back: an earlier one of its group is at work")
    parts.through.release()
    await eventually(lambda: len(parts.said) == 2 and parts.waits, why="the second of the slow group is on its way")
    # SQS shows the next of a group whose first is deleted; that others of that receive still have a way to go is no matter.
    inbound.meet([[of(quick, 2)]])
    await eventually(lambda: [said.key for said in parts.said].count(quick) == 2)
    parts.through.release()
    await inbound.finish(5.0)
    assert [said.key for said in parts.said if said.key == slow] == [slow, slow]
    assert queue.hidden == [f"{slow}/3"]


class Away(Parts):
    """A log that does not answer."""

    async def put(self, records: list[Said]) -> list[Exception | None]:
        return [UnavailableError("the log") for _ in records]


async def test_a_queue_is_not_worked_off_where_what_it_showed_was_given_back() -> None:
    """What is hidden for some seconds is not shown, and is there all the same."""

    class Showing(Queue):
        left = [messages(1)[1:]]

        def pace(self, **_: Any) -> None: ...

        async def receive(self, *, wait_s: int) -> list[Received]:
            return self.left.pop() if self.left else []

    queue = Showing()
    with pytest.raises(UnavailableError, match="the log"):
        await pump(queue, Tracker(30.0), Away()).drain_queue()
    assert queue.hidden == ["1/1"]


async def test_what_sqs_says_of_an_old_handle_does_not_end_the_heartbeats_of_the_new_one() -> None:
    tracker, now = Tracker(30.0, clock=lambda: now), 0.0
    tracker.add(Received(message_id="m", handle="old", body=""))

    class Late(Queue):
        async def hide(self, handles: list[tuple[str, int]]) -> list[Verdict]:
            self.hidden += [handle for handle, _ in handles]
            if self.hidden == ["old"]:
                tracker.add(Received(message_id="m", handle="new", body=""))
                return [Verdict(Fate.NEVER, "ReceiptHandleIsInvalid")]
            return [DONE] * len(handles)

    queue: Any = Late()
    beating = asyncio.create_task(keep_hidden(queue, tracker, BridgeMetrics(CollectorRegistry()), clock=lambda: now))
    now = 15.0
    await eventually(lambda: queue.hidden == ["old"])
    now = 30.0
    await eventually(lambda: queue.hidden == ["old", "new"])
    beating.cancel()


async def test_one_slow_call_keeps_no_other_messages_from_being_hidden_for_longer() -> None:
    tracker, now = Tracker(30.0, clock=lambda: now), 0.0
    for number in range(30):
        tracker.add(Received(message_id=str(number), handle=str(number), body=""))

    class Together(Queue):
        def __init__(self) -> None:
            super().__init__()
            self.all_there = asyncio.Barrier(3)

        async def hide(self, handles: list[tuple[str, int]]) -> list[Verdict]:
            await self.all_there.wait()
            return await super().hide(handles)

    queue: Any = Together()
    beating = asyncio.create_task(keep_hidden(queue, tracker, BridgeMetrics(CollectorRegistry()), clock=lambda: now))
    now = 15.0
    await eventually(lambda: len(queue.hidden) == 30, why="three calls of ten are under way at once")
    beating.cancel()


class Late(Parts):
    """A log and letters that a person sends on."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Letter] = []
        self.away = True

    async def keep(self, letter: Letter) -> None:
        self.letters.append(letter)

    async def put(self, records: list[Said]) -> list[Exception | None]:
        return [ContractError("not now")] if self.away else await super().put(records)


async def test_a_letter_that_is_sent_on_still_says_where_it_came_from() -> None:
    """As outside producers are told to: the origin stands in an attribute alone. Without it, it could go back there."""
    parts = Late()
    inbound = pump(Queue(), Tracker(30.0), parts)
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in {"rxorigin": "acme", "rxhops": "3", "other": "x"}.items()
    }
    inbound.meet([[Received(message_id="m", handle="h", body=event("animal.created").decode(), attributes=attributes)]])
    await inbound.finish(1.0)
    [letter] = parts.letters

    parts.away = False
    await inbound.redeliver(letter.value.decode())

    [said] = parts.said
    assert (seen(said.value)["rxorigin"], seen(said.value)["rxhops"]) == ("acme", 3)
    assert dict(said.headers)["ce_rxorigin"] == b"acme"


@pytest.mark.parametrize(
    "body", ["hello", "[1]", "{}", '{"Type":"Notification"}', "{" * 100_000, '{"type":"a","b":"\ud800"}']
)
def test_what_is_no_event_is_kept_as_it_is(body: str) -> None:
    assert self_contained(body, {"rxorigin": "acme"}) == body
