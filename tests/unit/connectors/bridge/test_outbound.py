"""The pump, against a publisher that answers whatever AWS may: settled once, in the order of each key, never past what fails."""

import asyncio
import itertools
import random
import re
from collections import defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from reptidex.connectors.bridge.entries import Entry, fields_of, group_of
from reptidex.connectors.bridge.heads import head_of
from reptidex.connectors.bridge.limits import attribute_bytes
from reptidex.connectors.bridge.outbound import Destination, Outbound, Record
from reptidex.connectors.bridge.ports import Letter
from reptidex.connectors.bridge.verdicts import AGAIN, DONE, Fate, Verdict
from reptidex.connectors.bridge.watermark import Watermark
from reptidex.platform.bridge.metrics import BridgeMetrics
from reptidex.testing import eventually
from tests.integration.bridge.said import event, key_of, seen

FIFO, STANDARD = "order.created", "animal.created"
ALONE = Verdict(Fate.ALONE, "InvalidParameter")
NEVER = Verdict(Fate.NEVER, "InvalidParameter", "no")
SLOWER = Verdict(Fate.SLOWER, "Throttled")


class Scripted:
    """A publisher that answers by a function of the entry and how often it was tried; it keeps what was taken."""

    def __init__(self, judge: "dict[str, list[Verdict]] | None" = None, chance: random.Random | None = None) -> None:
        self.judge, self.chance = judge or {}, chance
        self.calls: list[list[str]] = []
        self.taken: dict[str, list[int]] = defaultdict(list)
        self.busy: set[str] = set()

    async def publish(self, arn: str, batch: Sequence[Entry]) -> list[Verdict]:
        lanes = [entry.lane for entry in batch]
        assert not self.busy & set(lanes), "two calls of one key at once"
        self.busy |= set(lanes)
        await asyncio.sleep(0)
        self.busy -= set(lanes)
        bodies = [seen(entry.fields["Message"]) for entry in batch]
        self.calls.append([body["id"] for body in bodies])
        said = [self._verdict(body["id"]) for body in bodies]
        for body, verdict in zip(bodies, said, strict=True):
            if verdict is DONE:
                self.taken[body["subject"]].append(int(body["sequence"]))
        return said

    def _verdict(self, name: str) -> Verdict:
        if self.chance is not None:
            return self.chance.choice([DONE, DONE, AGAIN, SLOWER])
        script = self.judge.get(name)
        return script.pop(0) if script else DONE


class Kept:
    """Letters in a list."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def blocks(self, topic: str, key: str) -> bool:
        return any((each.topic, each.key, each.state) == (topic, key, "dead") for each in self.letters)

    async def learn(self, topic: str, keys: Sequence[str]) -> None: ...

    async def keep(self, letter: Letter) -> None:
        self.letters.append(letter)


async def carry(records: list[Record], publisher: Scripted) -> tuple[Kept, Watermark]:
    """Offer records of one partition, and wait until all are settled."""
    letters, mark = Kept(), Watermark(0)
    destination = Destination("arn:aws:sns:eu-central-1:1:", "t", "us")
    outbound = Outbound(
        publisher, destination, letters, BridgeMetrics(CollectorRegistry()), calls=4, chance=random.Random(1)
    )
    pump = asyncio.create_task(outbound.run())
    for record in records:
        outbound.offer(record, mark)
    assert await outbound.settled_within(20)
    pump.cancel()
    return letters, mark


def records(name: str, keys: Sequence[int]) -> list[Record]:
    versions: dict[int, int] = defaultdict(int)
    made = []
    for offset, key in enumerate(keys):
        versions[key] += 1
        raw = event(name, key=key_of(key), number=versions[key])
        made.append(Record(name, 0, offset, key_of(key).encode(), raw))
    return made


def id_of(record: Record) -> str:
    assert record.value is not None
    return str(seen(record.value)["id"])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reptidex.connectors.bridge.backoff.SEND_FIRST_S", 0.001)
    monkeypatch.setattr("reptidex.connectors.bridge.backoff.SEND_LONGEST_S", 0.002)
    monkeypatch.setattr("reptidex.connectors.bridge.outbound.CONFIGURATION_S", 0.002)


@given(st.sampled_from([FIFO, STANDARD]), st.lists(st.integers(0, 5), max_size=40), st.integers(0, 1000))
def test_whatever_fails_each_key_arrives_in_order_and_all_is_committed(name: str, keys: list[int], seed: int) -> None:
    made, publisher = records(name, keys), Scripted(chance=random.Random(seed))

    letters, mark = asyncio.run(carry(made, publisher))

    assert letters.letters == []
    assert mark.position == len(made)
    for key in set(keys):
        assert publisher.taken[key_of(key)] == list(range(1, keys.count(key) + 1))


async def test_what_falls_due_between_two_looks_at_the_clock_is_not_forgotten() -> None:
    made = records(STANDARD, [0])
    readings = itertools.count()
    outbound = Outbound(
        Scripted({id_of(made[0]): [AGAIN] * 20}),
        Destination("arn:aws:sns:eu-central-1:1:", "t", "us"),
        Kept(),
        BridgeMetrics(CollectorRegistry()),
        calls=4,
        clock=lambda: next(readings) * 0.0003,
        chance=random.Random(1),
    )
    pump = asyncio.create_task(outbound.run())
    outbound.offer(made[0], Watermark(0))

    await eventually(lambda: outbound.idle, why="a pump that has forgotten it waits for something else to come")
    pump.cancel()


async def test_batches_hold_ten_and_only_what_failed_goes_again() -> None:
    made = records(STANDARD, range(25))
    publisher = Scripted({id_of(made[3]): [AGAIN]})

    await carry(made, publisher)

    assert [len(call) for call in publisher.calls[:3]] == [10, 10, 5]
    assert publisher.calls[3:] == [[id_of(made[3])]]


async def test_a_call_that_fails_for_one_entry_is_made_for_each_alone() -> None:
    made = records(STANDARD, range(3))
    script = {id_of(each): [ALONE] for each in made}
    script[id_of(made[1])].append(NEVER)
    publisher = Scripted(script)

    letters, mark = await carry(made, publisher)

    assert sorted(map(len, publisher.calls)) == [1, 1, 1, 3]
    assert [(each.offset, each.state, each.error) for each in letters.letters] == [(1, "failed", "InvalidParameter")]
    assert mark.position == 3


async def test_a_refused_entry_of_a_fifo_topic_parks_what_follows_under_its_key_and_nothing_else() -> None:
    made = records(FIFO, [1, 1, 2, 1, 2])
    publisher = Scripted({id_of(made[0]): [NEVER]})

    letters, mark = await carry(made, publisher)

    assert [(each.offset, each.state) for each in letters.letters] == [(0, "dead"), (1, "parked"), (3, "parked")]
    assert publisher.taken[key_of(2)] == [1, 2]
    assert mark.position == 5


async def test_what_cannot_be_read_waits_its_turn_behind_what_is_tried_again() -> None:
    first, second, third = records(FIFO, [1, 1, 1])
    assert second.value is not None
    broken = second._replace(value=b"{" + second.value)
    publisher = Scripted({id_of(first): [AGAIN, AGAIN]})

    letters, _ = await carry([first, broken, third], publisher)

    assert publisher.taken[key_of(1)] == [1]
    assert [(each.offset, each.state) for each in letters.letters] == [(1, "dead"), (2, "parked")]


async def test_a_bucket_that_is_missing_holds_up_large_events_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reptidex.connectors.bridge.outbound.CONFIGURATION_S", 60.0)
    large, taken = event(STANDARD, key=key_of(0), padding="x" * 220_000), list[str]()

    class NoBucket:
        async def publish(self, arn: str, batch: Sequence[Entry]) -> list[Verdict]:
            if batch[0].payload is not None:
                return [Verdict(Fate.WAIT, "NoSuchBucket", "there is none")]
            taken.extend(entry.lane for entry in batch)
            return [DONE] * len(batch)

    destination = Destination("arn:aws:sns:eu-central-1:1:", "t", "us")
    outbound = Outbound(NoBucket(), destination, Kept(), BridgeMetrics(CollectorRegistry()), calls=4)
    pump, mark = asyncio.create_task(outbound.run()), Watermark(0)
    outbound.offer(Record(STANDARD, 0, 0, key_of(0).encode(), large), mark)
    await eventually(lambda: "NoSuchBucket" in str(outbound.trouble))
    for offset, record in enumerate(records(STANDARD, list(range(1, 26))), 1):
        outbound.offer(record._replace(offset=offset), mark)
    await eventually(lambda: len(taken) == 25, why="the others go out")

    assert (outbound.in_flight, mark.position) == (1, 0)
    assert "NoSuchBucket" in str(outbound.trouble), "it is still said for what the one waits"
    pump.cancel()


async def test_a_partition_that_is_lost_is_sent_no_more() -> None:
    made, mark = records(STANDARD, [1, 2]), Watermark(0)
    publisher = Scripted()
    destination = Destination("arn:aws:sns:eu-central-1:1:", "t", "us")
    outbound = Outbound(publisher, destination, Kept(), BridgeMetrics(CollectorRegistry()), calls=4)
    for each in made:
        outbound.offer(each, mark)
    mark.lost = True

    pump = asyncio.create_task(outbound.run())
    await outbound.settled_within(5)
    pump.cancel()

    assert publisher.calls == []


async def test_a_hot_key_of_a_standard_topic_shares_its_calls() -> None:
    made = records(STANDARD, [1] * 150)
    publisher = Scripted()

    await carry(made, publisher)

    assert publisher.taken[key_of(1)] == list(range(1, 151))
    assert max(map(len, publisher.calls)) == 10


def test_the_mark_stands_below_the_first_record_that_is_not_settled() -> None:
    mark = Watermark(5)
    for offset in (5, 7, 8, 12):
        mark.take(offset, 10)

    mark.settle(7)
    assert (mark.position, mark.pending, mark.bytes) == (5, 4, 40)
    mark.settle(5)
    assert mark.position == 8
    mark.settle(12)
    mark.settle(8)
    assert (mark.position, mark.pending, mark.bytes) == (13, 0, 0)


@given(st.permutations(range(12)), st.integers(0, 12))
def test_the_mark_never_passes_what_is_open(order: list[int], settled: int) -> None:
    mark = Watermark(0)
    for offset in range(12):
        mark.take(offset)
    for offset in order[:settled]:
        mark.settle(offset)

    assert mark.position == min(order[settled:], default=12)


@given(st.text(min_size=1, max_size=300))
def test_any_key_makes_a_group_that_aws_takes(key: str) -> None:
    """1 to 128 of letters, digits and ASCII punctuation (Amazon SNS API Reference, Publish)."""
    assert re.fullmatch("[!-~]{1,128}", group_of(key))


def test_a_vivarium_is_the_group_of_a_standard_topic_where_queues_are_fair() -> None:
    raw = event(STANDARD)
    fields, _, _ = fields_of(raw, head_of(raw), own="us", key="k", fifo=False, fair=True)

    assert fields["MessageGroupId"] == seen(raw)["vivariumid"]
    assert "MessageDeduplicationId" not in fields


async def test_a_record_nested_to_the_very_end_of_what_can_be_read_does_not_end_the_reader() -> None:
    """At one depth or two its head can be read, and the whole of it, one call further down, cannot: each is a letter."""
    raw = event(STANDARD, key=key_of(1), number=1, rxorigin="acme", rxhops=1)
    depths = range(900, 1000)
    deep = [raw[:-1] + b',"more":' + b"[" * depth + b"]" * depth + b"}" for depth in depths]
    letters, mark = await carry(
        [Record(STANDARD, 0, offset, key_of(1).encode(), each) for offset, each in enumerate(deep)], Scripted()
    )

    assert (mark.position, mark.pending) == (len(depths), 0)
    assert {"RecursionError", "ContractError"} == {letter.error for letter in letters.letters}


@given(st.text(st.sampled_from("aé\ufffe\uffff\U0001f98e"), max_size=40))
def test_the_size_of_an_entry_is_that_of_its_bytes(text: str) -> None:
    raw = event(STANDARD, actor=f"user:{text}")
    fields, size, _ = fields_of(raw, head_of(raw), own="us", key="k", fifo=False)

    assert size == len(fields["Message"].encode()) + attribute_bytes(fields["MessageAttributes"])


def test_the_size_is_that_of_the_bytes_though_as_many_characters_as_bytes_went_in() -> None:
    raw = event(STANDARD, actor="user:" + "\ufffe" * 20_000 + "é" * 60_000)
    fields, size, payload = fields_of(raw, head_of(raw), own="us", key="k", fifo=False)

    assert payload is not None and size == len(payload) + attribute_bytes(fields["MessageAttributes"])
