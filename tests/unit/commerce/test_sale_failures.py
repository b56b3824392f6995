"""A sale that goes wrong: what was taken is given back, once, and nothing stays reserved or held."""

import pytest

from reptidex.agents.commerce.errors import WrongStateError
from reptidex.agents.commerce.holds import HELD_ATTEMPTS
from reptidex.connectors.services.refusals import RefusedError
from reptidex.errors import UnavailableError
from reptidex.streams.animal import AnimalArchived
from reptidex.streams.commands.commerce import CancelOrder, WithdrawListing
from reptidex.streams.commerce import OrderCancelled, SalesTransactionRefunded
from reptidex.streams.core import PaymentRefunded
from reptidex.streams.values import Money
from tests.unit.commerce.market import ANIMAL, SAM_VIVARIUM, Market, names, payment_record


async def test_a_declined_card_frees_the_animal_and_cancels_the_order(market: Market) -> None:
    sale = await market.pay_asked()
    events = await market.declined(sale)
    await market.carry_all()

    assert names(events) == [
        "inventory.available",
        "marketplace.listing.updated",
        "order.cancelled",
        "sales.transaction.failed",
    ]
    assert events[-1].reason == "declined"
    assert market.animal.holds == {}
    assert (await market.listing()).status == "published"


async def test_a_held_animal_elsewhere_ends_the_sale_without_money(market: Market) -> None:
    market.animal.holds[ANIMAL] = "another sale"
    await market.buy()
    for attempt in range(1, HELD_ATTEMPTS):
        with pytest.raises(UnavailableError):
            await market.carry(attempt=attempt)
    await market.carry(attempt=HELD_ATTEMPTS)
    await market.carry()
    sale = await market.sale()

    assert (sale.step, sale.money, sale.reason) == ("failed", "none", "held")
    assert market.core.calls == []
    assert market.animal.holds == {ANIMAL: "another sale"}


async def test_a_hold_that_another_sale_is_about_to_give_back_is_waited_for(market: Market) -> None:
    market.animal.holds[ANIMAL] = "a sale that has ended"
    await market.buy()
    with pytest.raises(UnavailableError):
        await market.carry()
    del market.animal.holds[ANIMAL]
    await market.carry(attempt=2)

    assert (await market.sale()).hold == "held"


async def test_a_payment_that_core_refuses_ends_the_sale(market: Market) -> None:
    market.core.refusal = RefusedError(422, "No", "no such method")
    sale = await market.pay_asked()
    await market.carry_all()

    assert (sale.step, sale.reason) == ("failed", "provider")
    assert market.animal.holds == {}


async def test_no_word_of_the_payment_leads_to_a_look_up(market: Market) -> None:
    sale = await market.pay_asked()
    market.core.payments[sale.payment_id] = "completed"
    await market.pass_time(minutes=1)
    events = await market.carry_all()

    assert names(events) == ["sales.transaction.completed", "order.updated"]


async def test_a_reservation_does_not_outlive_its_term(market: Market) -> None:
    await market.pay_asked()
    events = await market.pass_time(minutes=15)

    assert names(events)[:3] == ["inventory.available", "marketplace.listing.updated", "order.cancelled"]
    assert (await market.line()).status == "available"


async def test_a_sale_that_ran_out_is_failed_once_core_has_called_the_payment_off(market: Market) -> None:
    await market.pay_asked()
    await market.pass_time(minutes=15)
    events = await market.carry_all()

    assert names(events) == ["sales.transaction.failed"]
    assert (await market.sale()).money == "void"
    assert market.animal.holds == {}


async def test_money_that_comes_after_the_reservation_ran_out_is_paid_back(market: Market) -> None:
    sale = await market.pay_asked()
    await market.carry_all()
    await market.pass_time(minutes=15)
    await market.paid(sale)
    events = await market.carry_all()

    assert names(events) == ["sales.transaction.refunded"]
    assert market.core.refunds == {sale.refund_id}
    assert (await market.line()).status == "available"


async def test_money_that_comes_hours_after_the_sale_failed_is_paid_back_once(market: Market) -> None:
    sale = await market.pay_asked()
    await market.declined(sale)
    await market.carry_all()
    await market.pass_time(hours=5)
    await market.paid(sale)
    await market.paid(sale)
    await market.carry_all()

    assert [call for call in market.core.calls if call[1].endswith("/refund")] == [
        ("POST", f"/payments/{sale.payment_id}/refund")
    ]
    assert (await market.sale()).step == "refunded"


async def test_a_rejected_transfer_pays_the_buyer_back(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    rejected = await market.reject(sale)
    refunded = await market.carry_all()

    assert names(rejected) == ["inventory.available", "marketplace.listing.updated", "order.cancelled"]
    assert rejected[-1].refund_due == Money(amount=sale.amount, currency="USD")
    assert names(refunded) == ["sales.transaction.refunded"]
    assert market.core.refunds == {sale.refund_id}


async def test_a_refund_that_core_cannot_make_yet_is_asked_for_again(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await market.reject(sale)
    market.core.down = True
    await market.harness.fail_effects()
    market.core.down = False
    await market.pass_time(minutes=5)
    await market.carry_all()

    assert market.core.refunds == {sale.refund_id}
    assert (await market.sale()).step == "refunded"


async def test_core_s_own_word_of_the_refund_ends_the_sale(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await market.reject(sale)
    back = PaymentRefunded(
        **payment_record(sale),
        refund_id=sale.refund_id,
        refund_reference="re_1",
        reason="rejected",
        refunded_total=Money(amount=sale.amount, currency="USD"),
    )
    events = await market.harness.handle(back, sequence=3)

    assert names(events) == ["sales.transaction.refunded"]
    assert events[0].refund_reference == "re_1"


@pytest.mark.parametrize(("back", "ends"), [(100, True), (60, False)])
async def test_another_sum_that_was_taken_and_given_back_ends_the_sale_and_is_what_the_buyer_is_told_of(
    market: Market, back: int, ends: bool
) -> None:
    sale = await market.pay_asked()
    refunded = PaymentRefunded(
        **payment_record(sale),
        refund_id=sale.refund_id,
        reason="rejected",
        refunded_total=Money(amount=back, currency="USD"),
        captured_total=Money(amount=100, currency="USD"),
    )
    events = await market.harness.handle(refunded, sequence=3)

    after = await market.sale()
    assert (after.step, "sales.transaction.refunded" in names(events)) == (
        ("refunded", True) if ends else (sale.step, False)
    )
    told: list[Money | None] = [e.refunded for e in events if isinstance(e, SalesTransactionRefunded)]
    told += [e.refund_due for e in events if isinstance(e, OrderCancelled)]
    assert told == [Money(amount=100, currency="USD")] * (2 if ends else 0)


async def test_a_buyer_may_cancel_before_paying(market: Market) -> None:
    sale = await market.buy()
    cancel = CancelOrder(animal_id=ANIMAL, order_id=sale.order_id, vivarium_id=sale.buyer_vivarium_id)
    events = await market.harness.handle(cancel)
    await market.carry_all()

    assert "order.cancelled" in names(events) and "sales.transaction.failed" in names(events)
    assert market.animal.holds == {}


async def test_a_buyer_who_cancels_while_the_money_is_under_way_gets_it_back(market: Market) -> None:
    sale = await market.pay_asked()
    await market.harness.handle(
        CancelOrder(animal_id=ANIMAL, order_id=sale.order_id, vivarium_id=sale.buyer_vivarium_id)
    )
    market.core.payments[sale.payment_id] = "completed"
    await market.carry_all()

    assert (await market.sale()).step == "refunded"
    assert market.core.refunds == {sale.refund_id}


async def test_a_paid_order_cannot_be_cancelled(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)

    with pytest.raises(WrongStateError):
        await market.harness.handle(
            CancelOrder(animal_id=ANIMAL, order_id=sale.order_id, vivarium_id=sale.buyer_vivarium_id)
        )


async def test_an_animal_that_is_archived_in_mid_sale_ends_the_sale_before_the_capture(market: Market) -> None:
    await market.pay_asked()
    gone = AnimalArchived(animal_id=ANIMAL, vivarium_id=SAM_VIVARIUM, reason="deceased")
    events = await market.harness.handle(gone, sequence=market.next())
    await market.carry_all()

    assert names(events) == ["marketplace.listing.withdrawn", "order.cancelled"]
    assert (await market.sale()).step == "failed"
    assert (await market.line()).status == "unavailable"
    assert market.animal.holds == {}


async def test_a_seller_who_withdraws_the_offer_calls_the_unpaid_sale_off(market: Market) -> None:
    sale = await market.pay_asked()
    withdraw = WithdrawListing(animal_id=ANIMAL, listing_id=sale.listing_id, reason="seller", vivarium_id=SAM_VIVARIUM)
    await market.harness.handle(withdraw)
    await market.carry_all()

    assert (await market.listing()).status == "withdrawn"
    assert (await market.sale()).reason == "withdrawn"


async def test_the_offer_of_a_paid_animal_cannot_be_withdrawn(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)

    with pytest.raises(WrongStateError):
        await market.harness.handle(
            WithdrawListing(animal_id=ANIMAL, listing_id=sale.listing_id, reason="seller", vivarium_id=SAM_VIVARIUM)
        )
