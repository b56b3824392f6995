"""A sale that goes well, step by step."""

from datetime import timedelta

import pytest

from reptidex.agents.commerce.effects import HoldAnimal, RequestPayment
from reptidex.agents.commerce.errors import ReservedError
from tests.unit.commerce.market import ANIMAL, BEA_VIVARIUM, EVE, EVE_VIVARIUM, LISTING, PRICE, Market, names


async def test_a_hatchling_opens_an_inventory_line(market: Market) -> None:
    events = await market.hatch()

    assert names(events) == ["inventory.available"]
    assert (await market.line()).status == "available"


async def test_a_listing_is_drafted_and_then_published(market: Market) -> None:
    await market.hatch()
    drafted = await market.draft()
    published = await market.publish()

    assert names(drafted + published) == ["marketplace.listing.created", "marketplace.listing.published"]
    assert f"listing/{LISTING}/expiry" in await market.harness.timers


async def test_an_inquiry_becomes_an_order_and_reserves_the_animal(market: Market) -> None:
    await market.offer()
    inquiry_id = await market.inquire()
    events = await market.convert(inquiry_id)

    assert names(events) == [
        "sales.inquiry.converted",
        "order.created",
        "sales.transaction.started",
        "inventory.reserved",
        "marketplace.listing.updated",
    ]
    assert [type(effect) for effect in await market.harness.effects] == [HoldAnimal]
    assert (await market.line()).reserved_until == market.harness.now + timedelta(minutes=15)


async def test_the_second_buyer_is_refused_with_409(market: Market) -> None:
    await market.offer()
    late = await market.inquire(EVE_VIVARIUM, EVE)
    await market.convert(await market.inquire())

    with pytest.raises(ReservedError) as refused:
        await market.convert(late, EVE_VIVARIUM, EVE)

    assert refused.value.status == 409


async def test_money_is_asked_for_only_when_the_animal_is_held(market: Market) -> None:
    await market.buy()
    events = await market.carry()

    [effect] = await market.harness.effects
    assert isinstance(effect, RequestPayment) and effect.amount.amount == PRICE
    assert market.animal.holds == {ANIMAL: effect.transaction_id}
    assert names(events) == ["order.updated"]


async def test_a_captured_payment_orders_the_transfer(market: Market) -> None:
    sale = await market.pay_asked()
    events = await market.paid(sale)

    assert names(events) == ["sales.transaction.completed", "order.updated"]
    assert (await market.order()).status == "paid"


async def test_the_transfer_completes_the_order(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    events = await market.hand_over(sale)

    assert names(events) == ["inventory.transferred", "marketplace.listing.sold", "order.completed"]
    assert (await market.line()).vivarium_id == BEA_VIVARIUM
    assert (await market.listing()).status == "sold"


async def test_a_completed_sale_leaves_no_timer_and_no_effect(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await market.hand_over(sale)

    assert not [name for name in await market.harness.timers if name.startswith("sale/")]
    assert await market.harness.effects == []


async def test_the_losing_inquiries_are_closed_when_the_animal_is_sold(market: Market) -> None:
    await market.offer()
    losing = await market.inquire(EVE_VIVARIUM, EVE)
    await market.convert(await market.inquire())
    await market.carry_all()
    sale = await market.sale()
    await market.paid(sale)
    await market.hand_over(sale)

    assert (await market.inquiry(losing)).state == "closed"


async def test_an_order_keeps_the_terms_as_they_read_when_it_was_made(market: Market) -> None:
    await market.buy()
    order = await market.order()

    assert order.policy.live_arrival and len(order.policy.digest) == 64
    assert (order.subtotal, order.shipping, order.tax, order.total) == (PRICE, 0, 0, PRICE)


async def test_core_may_answer_with_the_outcome_before_its_event_arrives(market: Market) -> None:
    market.core.outcome = "completed"
    sale = await market.pay_asked()
    again = await market.paid(sale)

    assert sale.step == "transferring"
    assert again == []
