"""The invariants of a sale hold whatever the order, the delay and the number of what is heard."""

from itertools import chain, cycle
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from reptidex.domain.sale.heard import (
    CalledOff,
    Contested,
    DeadlinePassed,
    Heard,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldUnknown,
    PaymentCaptured,
    PaymentEnded,
    PaymentRefunded,
    PaymentUnknown,
    RefundGranted,
    Resolved,
    Transferred,
    TransferRejected,
)
from reptidex.domain.sale.rules import advance, begin
from reptidex.domain.sale.state import Act
from tests.unit.commerce.world import World

GENERATIONS = st.integers(0, 8)
ANYTHING: st.SearchStrategy[Heard] = st.one_of(
    GENERATIONS.map(HoldGranted),
    GENERATIONS.map(HoldRefused),
    GENERATIONS.map(HoldUnknown),
    GENERATIONS.map(DeadlinePassed),
    st.sampled_from(
        [
            HoldReleased(),
            PaymentCaptured(),
            PaymentEnded(),
            PaymentUnknown(),
            PaymentRefunded(),
            Transferred(),
            TransferRejected(),
            CalledOff("requested"),
            Contested(),
            Resolved(),
            RefundGranted(),
        ]
    ),
)


def _luck(seed: int, length: int) -> list[int]:
    dice = Random(seed)
    return [dice.randrange(2**16) for _ in range(length)]


LUCK = st.builds(_luck, st.integers(0, 2**32), st.integers(0, 250))


def _live(luck: list[int]) -> World:
    stream = chain(luck, cycle([1]))
    world = World(lambda below: next(stream) % below)
    world.start("first")
    for _ in range(len(luck) // 3):
        move = world.choose(10)
        name = sorted(world.sales)[world.choose(len(world.sales))]
        if move < 6 and world.flying:
            place = world.choose(len(world.flying))
            world.deliver(place, keep=not world.choose(3) and len(world.flying) < 20)
        elif move == 6:
            world.pass_deadline(name)
        elif move == 7:
            world.hear(name, CalledOff("requested"))
        elif move == 9:
            world.hear(name, (RefundGranted(), Contested(), Resolved())[world.choose(3)])
        elif move == 8:
            world.start(f"rival {len(world.sales)}")
    world.settle()
    return world


@settings(max_examples=1000, deadline=None)
@given(LUCK)
def test_however_messages_come_an_animal_is_sold_at_most_once_and_to_its_owner(luck: list[int]) -> None:
    world = _live(luck)

    assert len(world.sold) <= 1
    assert world.owner == (f"buyer of {world.sold[0]}" if world.sold else "seller")


@settings(max_examples=1000, deadline=None)
@given(LUCK)
def test_however_messages_come_money_is_kept_only_for_an_animal_and_paid_back_once(luck: list[int]) -> None:
    world = _live(luck)

    for name, sale in world.sales.items():
        taken, back = world.captured.get(name, 0), world.refunded.get(name, 0)
        assert taken <= 1
        assert back == (taken if sale.step != "completed" or sale.reason == "requested" else 0)
        assert (sale.step == "completed") == (name in world.sold)


@settings(max_examples=1000, deadline=None)
@given(LUCK)
def test_however_messages_come_a_sale_that_ended_leaves_nothing_reserved_or_held(luck: list[int]) -> None:
    world = _live(luck)

    assert world.held_by == ""
    assert world.stock == ("sold" if world.sold else "available")
    assert all(sale.final and not sale.waits for sale in world.sales.values())


@settings(max_examples=1000, deadline=None)
@given(st.lists(ANYTHING, max_size=30))
def test_even_what_cannot_be_true_never_frees_and_sells_or_asks_twice_for_money(story: list[Heard]) -> None:
    sale, acts = begin()
    done = list(acts)
    for heard in story:
        before = sale
        sale, acts = advance(sale, heard)
        done += acts
        assert sale.generation >= before.generation
        assert not (before.final and before.step == "completed" and sale.step != "completed")

    assert done.count(Act.FREE_STOCK) + done.count(Act.SELL_STOCK) <= 1
    assert done.count(Act.REQUEST_PAYMENT) <= 1
    assert done.count(Act.DECLARE_REFUNDED) <= 1
    assert done.count(Act.ORDER_TRANSFER) <= 1
    assert done.count(Act.DECLARE_DISPUTED) - done.count(Act.DECLARE_RESOLVED) == sale.disputed


@settings(max_examples=300, deadline=None)
@given(st.lists(ANYTHING, max_size=20), st.integers(0, 8))
def test_a_deadline_of_another_generation_changes_nothing(story: list[Heard], generation: int) -> None:
    sale, _ = begin()
    for heard in story:
        sale, _ = advance(sale, heard)
    if generation == sale.generation:
        generation += 1

    assert advance(sale, DeadlinePassed(generation)) == (sale, ())
