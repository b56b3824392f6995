"""Disputes: recorded once, never undoing an ownership by themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from reptidex.agents.commerce.errors import WrongStateError
from reptidex.errors import NotFoundError
from reptidex.streams.commands.commerce import DisputeOrder
from reptidex.streams.core import PaymentDisputed
from reptidex.tables.commerce.sales import SaleRow
from tests.unit.commerce.market import ANIMAL, BEA_VIVARIUM, EVE_VIVARIUM, Market, names, payment_record

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


def _contested(sale: SaleRow) -> PaymentDisputed:
    record = payment_record(sale)
    said = {"dispute_reference": "du_1", "reason": "undelivered", "contested": record["amount"]}
    return PaymentDisputed(**record, **said, respond_by=DUE)


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
