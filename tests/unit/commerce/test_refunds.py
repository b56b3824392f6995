"""A seller pays a completed order back: once, whatever is lost on the way, and nothing else changes."""

import pytest

from reptidex.agents.commerce.errors import WrongStateError
from reptidex.errors import ForbiddenError, InvalidError, NotFoundError
from reptidex.streams.commands.commerce import RefundOrder
from reptidex.streams.core import PaymentRefunded
from reptidex.streams.values import Money
from reptidex.tables.commerce.sales import SaleRow
from tests.unit.commerce.market import ANIMAL, BEA_VIVARIUM, EVE_VIVARIUM, SAM_VIVARIUM, Market, names, payment_record
from tests.unit.commerce.shop import Shop
from tests.unit.commerce.test_disputes import _contested, _dispute, _sold


def _refund(sale: SaleRow, vivarium_id: str = SAM_VIVARIUM, amount: int | None = None) -> RefundOrder:
    return RefundOrder(animal_id=ANIMAL, order_id=sale.order_id, vivarium_id=vivarium_id, amount=amount)


def _back(sale: SaleRow, now: int, total: int) -> PaymentRefunded:
    record = payment_record(sale) | {"amount": Money(amount=now, currency=sale.currency)}
    money = Money(amount=total, currency=sale.currency)
    whole = Money(amount=sale.amount, currency=sale.currency)
    return PaymentRefunded(
        **record,
        refund_id=sale.refund_id,
        refund_reference=f"re_{total}",
        reason="requested",
        refunded_total=money,
        captured_total=whole,
    )


async def test_a_seller_pays_a_completed_order_back_once(market: Market) -> None:
    sale = await _sold(market)
    for _ in range(2):
        assert await market.harness.handle(_refund(sale)) == []
    events = await market.carry_all()
    again = await market.harness.handle(_refund(sale))

    assert names(events) == ["sales.transaction.refunded"]
    assert (events[0].reason, events[0].refunded.amount, again) == ("requested", sale.amount, [])
    assert market.core.refunds == {sale.refund_id}
    assert ((await market.order()).status, (await market.line()).vivarium_id) == ("completed", BEA_VIVARIUM)


async def test_a_refund_that_core_did_not_hear_of_is_asked_for_until_it_is_made(market: Market) -> None:
    sale = await _sold(market)
    await market.harness.handle(_refund(sale))
    await market.harness.fail_effects()
    events = await market.pass_time(minutes=5)
    events += await market.carry_all()

    assert names(events) == ["sales.transaction.refunded"]
    assert await market.pass_time(minutes=60) == []
    assert not await market.harness.effects


async def test_what_a_buyer_contests_here_may_be_paid_back_and_what_a_bank_decides_may_not(market: Market) -> None:
    sale = await _sold(market)
    await market.harness.handle(_dispute(sale))
    await market.harness.handle(_refund(sale))

    assert names(await market.carry_all()) == ["sales.transaction.refunded"]


async def test_money_that_a_bank_has_taken_back_is_not_paid_back_again(market: Market) -> None:
    sale = await _sold(market)
    await market.harness.handle(_contested(sale), sequence=7)

    with pytest.raises(WrongStateError):
        await market.harness.handle(_refund(sale))


async def test_only_its_seller_pays_an_order_back_and_only_a_completed_one(market: Market) -> None:
    sale = await market.pay_asked()
    with pytest.raises(WrongStateError):
        await market.harness.handle(_refund(sale))
    await market.paid(sale)
    await market.hand_over(sale)

    with pytest.raises(ForbiddenError):
        await market.harness.handle(_refund(sale, BEA_VIVARIUM))
    with pytest.raises(NotFoundError):
        await market.harness.handle(_refund(sale, EVE_VIVARIUM))


async def test_both_sides_see_over_http_that_the_money_is_back(shop: Shop) -> None:
    market = shop.market
    sale = await _sold(market)

    status, asked = await shop.call("POST", f"/orders/{sale.order_id}/refund", "sam")
    await market.carry_all()
    _, seen = await shop.call("GET", f"/transactions/{sale.transaction_id}", "bea")

    assert (status, asked["money"], asked["refunded"]) == (200, "captured", None)
    assert (seen["step"], seen["money"], seen["refunded"]["amount"]) == ("completed", "refunded", sale.amount)


async def test_a_part_is_paid_back_and_told_and_then_the_rest(market: Market) -> None:
    sale = await _sold(market)
    asked = await market.harness.handle(_refund(sale, amount=5_000))
    await market.carry_all()
    first = await market.harness.handle(_back(sale, 5_000, 5_000), sequence=7)
    late = await market.harness.handle(_back(sale, 4_000, 4_000), sequence=8)
    after_a_part = await market.sale()
    await market.harness.handle(_refund(sale, amount=sale.amount - 5_000))
    second = await market.harness.handle(_back(sale, sale.amount - 5_000, sale.amount), sequence=9)

    assert (asked, late, [amount for _, amount in market.core.parts]) == ([], [], [5_000])
    assert [(each.reason, each.refunded.amount) for each in first] == [("requested", 5_000)]
    assert (after_a_part.money, after_a_part.left.amount, after_a_part.step) == (
        "captured",
        sale.amount - 5_000,
        "completed",
    )
    assert [(each.reason, each.refunded.amount) for each in second] == [("requested", sale.amount)]
    await market.carry_all()
    assert market.core.refunds == {sale.refund_id}, "what is left is given back whole"
    assert (await market.sale()).money == "refunded"


async def test_no_more_is_paid_back_than_was_paid(market: Market) -> None:
    sale = await _sold(market)
    await market.harness.handle(_back(sale, 40_000, 40_000), sequence=7)
    with pytest.raises(InvalidError) as problem:
        await market.harness.handle(_refund(sale, amount=sale.amount - 39_999))
    await market.harness.handle(_refund(sale))
    with pytest.raises(WrongStateError):
        await market.harness.handle(_refund(sale, amount=1))

    assert problem.value.pointer == "/amount"
    assert market.core.parts == []


async def test_a_part_is_asked_for_over_http_with_a_reason_where_it_is_too_much(shop: Shop) -> None:
    market = shop.market
    sale = await _sold(market)
    path = f"/orders/{sale.order_id}/refund"

    statuses = [(await shop.call("POST", path, "sam", {"amount": amount}))[0] for amount in (0, sale.amount + 1, 100)]
    await market.carry_all()
    await market.harness.handle(_back(sale, 100, 100), sequence=7)
    _, seen = await shop.call("GET", f"/transactions/{sale.transaction_id}", "bea")

    assert (statuses, [amount for _, amount in market.core.parts]) == ([422, 422, 200], [100])
    assert (seen["money"], seen["refunded"]["amount"]) == ("captured", 100)
