"""Disputes: recorded once, never undoing an ownership by themselves."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from reptidex.agents.commerce.errors import WrongStateError
from reptidex.errors import NotFoundError
from reptidex.streams.commands.commerce import DisputeOrder, RefundOrder
from reptidex.streams.core import PaymentDisputeClosed, PaymentDisputed, PaymentRefunded
from reptidex.tables.commerce.sales import SaleRow
from tests.unit.commerce.market import ANIMAL, BEA_VIVARIUM, EVE_VIVARIUM, SAM_VIVARIUM, Market, names, payment_record

DUE = datetime(2026, 1, 20, tzinfo=UTC)


async def _sold(market: Market) -> SaleRow:
    sale = await market.pay_asked()
    await market.paid(sale)
    await market.hand_over(sale)
    return sale


def _dispute(sale: SaleRow, vivarium_id: str | None = BEA_VIVARIUM) -> DisputeOrder:
    return DisputeOrder(animal_id=ANIMAL, order_id=sale.order_id, reason="ill", vivarium_id=vivarium_id)


async def test_a_dispute_after_completion_is_told_and_moves_no_animal(market: Market) -> None:
    sale = await _sold(market)
    events = await market.harness.handle(_dispute(sale))

    assert names(events) == ["sales.transaction.disputed"]
    assert events[0].reason == "ill"
    assert (await market.line()).vivarium_id == BEA_VIVARIUM


async def test_a_dispute_is_told_once(market: Market) -> None:
    sale = await _sold(market)
    await market.harness.handle(_dispute(sale))

    assert await market.harness.handle(_dispute(sale, None)) == []


def _contested(sale: SaleRow, reference: str = "du_1") -> PaymentDisputed:
    record = payment_record(sale)
    said = {"dispute_reference": reference, "reason": "undelivered", "contested": record["amount"]}
    return PaymentDisputed(**record, **said, respond_by=DUE)


def _decided(sale: SaleRow, outcome: Literal["won", "lost"], reference: str = "du_1") -> PaymentDisputeClosed:
    record = payment_record(sale)
    return PaymentDisputeClosed(**record, dispute_reference=reference, outcome=outcome, contested=record["amount"])


async def test_a_dispute_of_the_bank_is_told_once_and_moves_no_animal(market: Market) -> None:
    sale = await _sold(market)
    events = await market.harness.handle(_contested(sale), sequence=7)
    again = await market.harness.handle(_contested(sale), sequence=8)

    assert (names(events), again) == (["sales.transaction.disputed"], [])
    assert (events[0].reason, events[0].provider_reference, events[0].respond_by) == ("undelivered", "du_1", DUE)
    assert (await market.line()).vivarium_id == BEA_VIVARIUM


async def test_a_dispute_that_is_heard_before_the_money_waits_for_it(market: Market) -> None:
    sale = await market.pay_asked()
    early = await market.harness.handle(_contested(sale), sequence=7)
    await market.paid(sale)
    later = await market.pass_time(seconds=1)

    assert early == []
    assert "sales.transaction.disputed" in names(later)
    assert await market.harness.letters() == []


async def test_only_the_buyer_contests_an_order(market: Market) -> None:
    sale = await _sold(market)

    with pytest.raises(NotFoundError):
        await market.harness.handle(_dispute(sale, EVE_VIVARIUM))


async def test_an_unpaid_order_cannot_be_contested(market: Market) -> None:
    sale = await market.pay_asked()

    with pytest.raises(WrongStateError):
        await market.harness.handle(_dispute(sale))


async def test_a_buyer_has_thirty_days_and_the_bank_longer(market: Market) -> None:
    sale = await _sold(market)
    market.harness.now += timedelta(days=31)

    with pytest.raises(WrongStateError):
        await market.harness.handle(_dispute(sale))
    assert names(await market.harness.handle(_dispute(sale, None))) == ["sales.transaction.disputed"]


async def test_what_the_bank_decided_for_the_seller_lets_them_pay_back_again(market: Market) -> None:
    sale = await _sold(market)
    refund = RefundOrder(animal_id=ANIMAL, order_id=sale.order_id, vivarium_id=SAM_VIVARIUM)
    await market.harness.handle(_contested(sale), sequence=7)
    with pytest.raises(WrongStateError):
        await market.harness.handle(refund)
    events = await market.harness.handle(_decided(sale, "won"), sequence=8)
    again = await market.harness.handle(_decided(sale, "won"), sequence=9)
    after = await market.sale()
    await market.harness.handle(refund)

    assert (names(events), again) == (["sales.transaction.resolved"], [])
    assert (events[0].outcome, events[0].provider_reference, events[0].contested.amount) == ("won", "du_1", sale.amount)
    assert (after.disputed, after.verdict, after.money, after.step) == (False, "won", "captured", "completed")
    assert (await market.sale()).reason == "requested"


@pytest.mark.parametrize("refund_first", [True, False])
async def test_what_the_bank_decided_for_the_buyer_is_money_paid_back_and_moves_no_animal(
    market: Market, refund_first: bool
) -> None:
    sale = await _sold(market)
    await market.harness.handle(_contested(sale), sequence=7)
    record = payment_record(sale)
    total = record["amount"]
    back = PaymentRefunded(
        **record, refund_id=sale.refund_id, refund_reference="du_1", reason="disputed", refunded_total=total
    )
    said = []
    for sequence, news in enumerate((back, _decided(sale, "lost"))[:: 1 if refund_first else -1], 8):
        said += await market.harness.handle(news, sequence=sequence)
    after = await market.sale()

    assert sorted(names(said)) == ["sales.transaction.refunded", "sales.transaction.resolved"]
    assert [each.reason for each in said if names([each]) == ["sales.transaction.refunded"]] == ["disputed"]
    assert (after.step, after.money, after.verdict, after.disputed) == ("completed", "refunded", "lost", False)
    assert (await market.line()).vivarium_id == BEA_VIVARIUM


async def test_a_verdict_that_is_heard_before_the_dispute_waits_for_it(market: Market) -> None:
    sale = await _sold(market)
    early = await market.harness.handle(_decided(sale, "won"), sequence=8)
    await market.harness.handle(_contested(sale), sequence=7)
    later = await market.pass_time(seconds=1)

    assert (early, names(later)) == ([], ["sales.transaction.resolved"])
    assert await market.harness.letters() == []


async def test_a_bank_that_contests_what_the_buyer_had_contested_is_told_and_bars_the_refund(market: Market) -> None:
    sale = await _sold(market)
    await market.harness.handle(_dispute(sale))
    events = await market.harness.handle(_contested(sale), sequence=7)

    assert (names(events), events[0].respond_by) == (["sales.transaction.disputed"], DUE)
    with pytest.raises(WrongStateError):
        await market.harness.handle(RefundOrder(animal_id=ANIMAL, order_id=sale.order_id, vivarium_id=SAM_VIVARIUM))


async def test_a_second_dispute_of_the_bank_is_told_too(market: Market) -> None:
    sale = await _sold(market)
    await market.harness.handle(_contested(sale), sequence=7)
    await market.harness.handle(_decided(sale, "won"), sequence=8)
    events = await market.harness.handle(_contested(sale, "du_2"), sequence=9)
    late = await market.harness.handle(_contested(sale, "du_2"), sequence=10)

    assert (names(events), late) == (["sales.transaction.disputed"], [])
    assert (await market.sale()).with_the_bank


async def test_a_bank_s_dispute_that_an_administrator_records_bars_the_refund_as_well(market: Market) -> None:
    sale = await _sold(market)
    reported = DisputeOrder(animal_id=ANIMAL, order_id=sale.order_id, reason="fraud", provider_reference="du_1")
    await market.harness.handle(reported)

    with pytest.raises(WrongStateError):
        await market.harness.handle(RefundOrder(animal_id=ANIMAL, order_id=sale.order_id, vivarium_id=SAM_VIVARIUM))
    assert await market.harness.handle(_contested(sale), sequence=7) == []
    assert names(await market.harness.handle(_decided(sale, "won"), sequence=8)) == ["sales.transaction.resolved"]
