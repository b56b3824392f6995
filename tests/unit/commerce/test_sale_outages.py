"""Neighbours that are away, and words that come late, twice or in another order."""

from datetime import UTC, datetime

import msgspec
import pytest

from reptidex.errors import UnavailableError
from reptidex.streams.commands.commerce_sales import PassDeadline, TellHold
from reptidex.streams.core import PaymentCompleted
from tests.unit.commerce.market import ANIMAL, BEA_VIVARIUM, Market, names


async def test_animal_being_away_leaves_the_decision_to_the_deadline(market: Market) -> None:
    await market.buy()
    market.animal.down = True
    with pytest.raises(UnavailableError):
        await market.carry()
    events = await market.pass_time(minutes=2)

    assert names(events)[-1] == "sales.transaction.failed"
    assert market.core.calls == []


async def test_a_hold_granted_after_the_sale_ended_is_released(market: Market) -> None:
    await market.buy()
    await market.pass_time(minutes=2)
    await market.carry_all()

    assert market.animal.holds == {}
    assert (await market.sale()).hold == "released"


async def test_a_release_that_failed_is_asked_for_again(market: Market) -> None:
    sale = await market.pay_asked()
    await market.declined(sale)
    await market.harness.fail_effects()
    held = dict(market.animal.holds)
    await market.pass_time(minutes=5)
    await market.carry_all()

    assert held == {ANIMAL: sale.transaction_id}
    assert market.animal.holds == {}


async def test_an_answer_about_the_hold_of_another_generation_decides_nothing(market: Market) -> None:
    sale = await market.buy()
    stale = TellHold(
        animal_id=ANIMAL, transaction_id=sale.transaction_id, generation=sale.generation + 1, answer="granted"
    )
    await market.harness.handle(stale)

    assert (await market.sale()).step == "holding"


async def test_a_deadline_of_an_earlier_step_decides_nothing(market: Market) -> None:
    sale = await market.pay_asked()
    late = PassDeadline(animal_id=ANIMAL, transaction_id=sale.transaction_id, generation=1)
    events = await market.harness.handle(late)

    assert events == []
    assert (await market.sale()).step == "paying"


async def test_a_payment_told_of_twice_orders_one_transfer(market: Market) -> None:
    sale = await market.pay_asked()
    first, second = await market.paid(sale), await market.paid(sale)

    assert names(first) == ["sales.transaction.completed", "order.updated"]
    assert second == []


async def test_a_transfer_told_of_twice_completes_the_order_once(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await market.hand_over(sale)

    assert await market.hand_over(sale) == []


async def test_a_rejection_that_comes_after_the_transfer_undoes_nothing(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await market.hand_over(sale)

    assert await market.reject(sale) == []


async def test_a_transfer_that_nobody_tells_of_is_settled_by_taking_the_hold_away(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await market.pass_time(hours=24)
    await market.carry_all()

    assert market.animal.holds == {}
    assert (await market.sale()).step == "refunded"
    assert market.core.refunds == {sale.refund_id}


async def test_a_transfer_that_happened_unheard_is_found_by_the_look(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    market.animal.owners[ANIMAL] = BEA_VIVARIUM
    await market.pass_time(hours=24)
    events = await market.carry_all()

    assert names(events) == ["inventory.transferred", "marketplace.listing.sold", "order.completed"]
    assert market.core.refunds == set()


async def test_a_payment_request_that_core_never_answered_is_looked_up(market: Market) -> None:
    sale = await market.buy()
    await market.carry()
    await market.harness.fail_effects()
    market.core.payments[sale.payment_id] = "completed"
    events = await market.carry_all()

    assert "sales.transaction.completed" in names(events)


async def test_a_payment_of_another_kind_is_none_of_our_business(market: Market) -> None:
    sale = await market.pay_asked()
    record = {
        "order_id": ANIMAL,
        "transaction_id": ANIMAL,
        "payment_id": ANIMAL,
        "vivarium_id": BEA_VIVARIUM,
        "amount": {"amount": 1, "currency": "USD"},
        "provider": "stripe",
        "provider_reference": "pi_2",
        "captured_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    events = await market.harness.handle(msgspec.convert(record, PaymentCompleted), sequence=1)

    assert events == []
    assert (await market.sale()).generation == sale.generation


async def test_the_animal_can_be_bought_again_after_a_failed_sale(market: Market) -> None:
    sale = await market.pay_asked()
    await market.declined(sale)
    await market.carry_all()
    await market.pass_time(seconds=1)
    again = await market.inquire()
    await market.convert(again)
    await market.carry_all()
    second = await market.sale()
    await market.paid(second)
    await market.hand_over(second)

    assert (await market.line()).vivarium_id == BEA_VIVARIUM
    assert (await market.order()).status == "completed"
