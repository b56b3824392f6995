"""A buyer pays what they agreed to, in a currency that can be paid, and keeps nothing from others for free."""

from typing import Any

import msgspec
import pytest

from reptidex.agents.commerce.buying import MOST_UNPAID
from reptidex.agents.commerce.errors import PriceChangedError, TooManyUnpaidError
from reptidex.errors import InvalidError
from reptidex.streams.commands.commerce import CancelOrder, ConvertInquiry, ReviseListing
from tests.unit.commerce.market import ANIMAL, BEA, BEA_VIVARIUM, LISTING, PRICE, SAM_VIVARIUM, Market
from tests.unit.commerce.shop import Shop


async def _revise(market: Market, **changes: Any) -> None:
    command = ReviseListing(animal_id=ANIMAL, listing_id=LISTING, vivarium_id=SAM_VIVARIUM, **changes)
    await market.harness.handle(command)


async def _buy(market: Market, inquiry_id: str, total: int | None = None) -> list[Any]:
    command = ConvertInquiry(
        animal_id=ANIMAL,
        inquiry_id=inquiry_id,
        buyer_vivarium_id=BEA_VIVARIUM,
        buyer_user_id=BEA,
        provider="stripe",
        method="pm_card_visa",
        total=total,
    )
    return await market.harness.handle(command)


@pytest.mark.parametrize("rise", [{"price": PRICE * 10}, {"shipping": PRICE}])
async def test_a_price_that_rose_after_the_question_is_not_paid_unseen(market: Market, rise: dict[str, int]) -> None:
    await market.offer()
    inquiry_id = await market.inquire()
    await market.pass_time(minutes=1)
    await _revise(market, **rise)
    due = PRICE + sum(rise.values()) - (PRICE if "price" in rise else 0)

    with pytest.raises(PriceChangedError) as refused:
        await _buy(market, inquiry_id)
    await _buy(market, inquiry_id, due)

    assert (refused.value.total, (await market.order()).total) == (due, due)


async def test_a_price_that_fell_is_paid_as_it_is(market: Market) -> None:
    await market.offer()
    inquiry_id = await market.inquire()
    await _revise(market, price=PRICE - 1)

    await _buy(market, inquiry_id)

    assert (await market.order()).total == PRICE - 1


async def test_who_names_another_sum_than_the_offer_costs_buys_nothing(market: Market) -> None:
    await market.offer()
    inquiry_id = await market.inquire()

    for wrong in (0, PRICE - 1, PRICE + 1):
        with pytest.raises(PriceChangedError):
            await _buy(market, inquiry_id, wrong)

    assert (await market.line()).status == "available"


async def test_nobody_keeps_more_animals_than_a_few_without_paying(market: Market) -> None:
    sale = await market.buy()
    rows = [_another(sale, number) for number in range(MOST_UNPAID)]
    await market.harness.put(*rows)
    await market.harness.handle(CancelOrder(animal_id=ANIMAL, order_id=sale.order_id, vivarium_id=BEA_VIVARIUM))
    again = await market.inquire()

    with pytest.raises(TooManyUnpaidError):
        await _buy(market, again)
    await market.harness.put(_another(sale, 0, step="completed"))
    await _buy(market, again)

    assert (await market.line()).status == "reserved"


def _another(sale: Any, number: int, **changes: Any) -> Any:
    return msgspec.structs.replace(sale, transaction_id=f"ffff{number:04x}{sale.transaction_id[8:]}", **changes)


@pytest.mark.parametrize("currency", ["JPY", "HUF", "KWD", "ZZZ", "usd", "USD\n"])
async def test_what_no_provider_takes_with_two_decimals_is_no_currency_of_an_offer(shop: Shop, currency: str) -> None:
    body = {"animal_id": ANIMAL, "title": "Pastel", "price": PRICE, "currency": currency}

    status, problem = await shop.call("POST", "/marketplace/listings", "sam", body)

    assert (status, problem["pointer"]) == (422, "/currency")


@pytest.mark.parametrize(
    ("price", "shipping", "currency", "status"),
    [
        (49, 0, "USD", 422),
        (49, 1, "USD", 201),
        (1_499, 0, "CZK", 422),
        (89_999_999, 10_000_000, "USD", 201),
        (90_000_000, 0, "USD", 422),
        (500_000_000, 0, "EUR", 422),
    ],
)
async def test_what_no_provider_takes_is_no_price_of_an_offer(
    shop: Shop, price: int, shipping: int, currency: str, status: int
) -> None:
    body = {"animal_id": ANIMAL, "title": "Pastel", "price": price, "shipping": shipping, "currency": currency}

    answered, problem = await shop.call("POST", "/marketplace/listings", "sam", body)

    assert (answered, problem.get("pointer", "/price")) == (status, "/price")


async def test_a_price_is_not_changed_to_one_that_nobody_can_pay(market: Market) -> None:
    await market.offer()

    with pytest.raises(InvalidError):
        await _revise(market, price=1)

    assert (await market.listing()).price == PRICE
