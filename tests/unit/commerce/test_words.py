"""What people are told of a sale and of the marketplace is what happened, and what they asked."""

import pytest

from reptidex.connectors.services.refusals import RefusedError
from reptidex.domain.ownership import GoneError
from reptidex.streams.core import PaymentDisputed
from reptidex.streams.values import Money
from reptidex.tables.commerce.models import Inquiry
from reptidex.tables.commerce.personal import PERSONAL
from tests.unit.commerce.market import ANIMAL, Market, payment_record
from tests.unit.commerce.shop import Shop
from tests.unit.commerce.test_views import _inquiry, _published


@pytest.mark.parametrize(("said", "told"), [("provider", "provider"), ("expired", "expired"), ("fraud", "declined")])
async def test_why_a_payment_failed_is_told_though_only_a_look_up_shows_it(
    market: Market, said: str, told: str
) -> None:
    sale = await market.pay_asked()
    market.core.payments[sale.payment_id] = "failed"
    market.core.reasons[sale.payment_id] = said
    await market.pass_time(minutes=1)
    await market.carry_all()

    assert ((await market.sale()).reason, (await market.order()).reason) == (told, told)


async def test_an_animal_that_died_is_not_called_held_by_another_sale(market: Market) -> None:
    market.animal.refusal = RefusedError(409, GoneError.title, "the animal is deceased")
    await market.buy()
    await market.carry_all()

    assert (await market.sale()).reason == "unavailable"


async def test_a_contested_sale_that_is_paid_back_names_the_refund_and_not_the_dispute(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    contested = Money(amount=sale.amount, currency=sale.currency)
    disputed = PaymentDisputed(**payment_record(sale), dispute_reference="dp_1", reason="fraud", contested=contested)
    await market.harness.handle(disputed, sequence=3)
    await market.reject(sale)
    refunded = (await market.carry_all())[-1]

    assert refunded.contract.name == "sales.transaction.refunded"
    assert refunded.refund_reference == f"re_{sale.payment_id}"


async def test_stripe_takes_no_money_without_a_means_of_payment(shop: Shop) -> None:
    inquiry_id = await _inquiry(shop, "bea", await _published(shop))
    path = f"/inquiries/{inquiry_id}/convert"

    refused, problem = await shop.call("POST", path, "bea", {"payment": {"provider": "stripe"}})
    taken, _ = await shop.call("POST", path, "bea", {"payment": {"provider": "paypal"}})

    assert (refused, problem["pointer"], taken) == (422, "/payment/method", 201)


async def test_a_list_of_one_s_own_offers_is_nothing_for_a_stranger(shop: Shop) -> None:
    await _published(shop)

    assert (await shop.call("GET", "/marketplace/listings?mine=true"))[0] == 401


async def test_the_status_of_offers_is_asked_of_one_s_own_alone(shop: Shop) -> None:
    await shop.made("/marketplace/listings", "sam", {"animal_id": ANIMAL, "title": "Draft", "price": 100})

    _, drafts = await shop.call("GET", "/marketplace/listings?mine=true&status=draft", "sam")
    status, problem = await shop.call("GET", "/marketplace/listings?status=draft", "bea")

    assert len(drafts["items"]) == 1
    assert (status, problem["pointer"]) == (422, "/status")


async def test_of_a_conversation_each_is_given_their_own_words(shop: Shop) -> None:
    inquiry_id = await _inquiry(shop, "bea", await _published(shop))
    await shop.call("POST", f"/inquiries/{inquiry_id}/respond", "sam", {"message": "Every week."})
    inquiry = await shop.market.harness.get(Inquiry, inquiry_id)
    assert inquiry is not None and len(inquiry.notes) == 2
    [held] = [each for each in PERSONAL.held if each.row is Inquiry]
    given = [held.shown(inquiry, user_id)["notes"] for user_id in (inquiry.buyer_user_id, inquiry.seller_user_id)]

    assert [[note.by for note in notes] for notes in given] == [["buyer"], ["seller"]]
