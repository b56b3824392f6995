"""A card that pays for a plan pays again: Stripe lets one be used a second time only for the customer that has kept it."""

import pytest
from msgspec.structs import replace

from reptidex.connectors.payments.port import Charge, DeclinedError, PaymentGateway, PaymentRefusedError
from reptidex.doubles.payments.server import PaymentDouble
from reptidex.streams.values import Money
from tests.contract.connectors.payment_hosts import vendor

PLAN = Charge(
    order="invoice-1",
    transaction="invoice-1",
    money=Money(amount=960, currency="USD"),
    method="pm_once_bea",
    return_url="http://127.0.0.1/back",
    payer="bea",
)


@pytest.fixture
def stripe(double: PaymentDouble) -> PaymentGateway:
    return vendor("stripe", double, double.book.now)


async def test_a_renewal_is_paid_by_the_card_that_paid_first(stripe: PaymentGateway) -> None:
    first = await stripe.authorise(PLAN, key="invoice-1/authorise/1")
    renewal = replace(PLAN, order="invoice-2", transaction="invoice-2", absent=True)
    again = await stripe.authorise(renewal, key="invoice-2/authorise/1")
    await stripe.aclose()

    assert (first.state, again.state) == ("authorised", "authorised")


async def test_a_card_that_nobody_keeps_pays_once(stripe: PaymentGateway) -> None:
    await stripe.authorise(replace(PLAN, payer=""), key="order-1/authorise/1")
    with pytest.raises(PaymentRefusedError):
        await stripe.authorise(replace(PLAN, payer="", order="order-2"), key="order-2/authorise/1")
    await stripe.aclose()


async def test_the_card_of_one_person_does_not_pay_for_another(stripe: PaymentGateway) -> None:
    await stripe.authorise(PLAN, key="invoice-1/authorise/1")
    with pytest.raises(PaymentRefusedError):
        await stripe.authorise(replace(PLAN, payer="eve", order="invoice-3"), key="invoice-3/authorise/1")
    await stripe.aclose()


async def test_a_renewal_that_wants_its_payer_is_declined_and_says_so(stripe: PaymentGateway) -> None:
    card = replace(PLAN, method="pm_card_authenticationRequired", absent=True)
    with pytest.raises(DeclinedError) as declined:
        await stripe.authorise(card, key="invoice-1/authorise/1")
    await stripe.aclose()

    assert declined.value.code == "authentication_required"


async def test_a_card_that_has_not_paid_yet_does_not_pay_in_its_owner_s_absence(stripe: PaymentGateway) -> None:
    with pytest.raises(PaymentRefusedError):
        await stripe.authorise(replace(PLAN, absent=True), key="invoice-1/authorise/1")
    await stripe.aclose()
