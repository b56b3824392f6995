"""Every payment gateway keeps the promises of its port: the twin, and each vendor against the double."""

import time
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from reptidex.connectors.payments.port import (
    DeclinedError,
    Payment,
    PaymentRefusedError,
    UnknownOutcomeError,
    UnknownPaymentError,
)
from reptidex.doubles.payments.server import PaymentDouble
from reptidex.errors import UnavailableError
from tests.contract.connectors.payment_hosts import Host, TwinHost, VendorHost, charge, notice, served, vendor


class Clock:
    """The wall clock, which a test may move on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        import time

        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "stripe", "paypal"])
async def host(request: pytest.FixtureRequest, double: PaymentDouble, clock: Clock) -> AsyncIterator[Host]:
    if request.param == "memory":
        yield TwinHost(clock)
        return
    running = VendorHost(vendor(request.param, double, clock), double)
    async with served(running.target):
        yield running
    await running.gateway.aclose()


async def authorised(host: Host, order: str = "order-1") -> Payment:
    asked = charge(host, order=order)
    try:
        return await host.gateway.authorise(asked, key=f"{order}/authorise/1")
    except UnknownOutcomeError:
        return await host.gateway.authorise(asked, key=f"{order}/authorise/1")


async def captured(host: Host) -> Payment:
    payment = await authorised(host)
    return await host.gateway.capture(payment.reference, key="order-1/capture/1")


async def test_an_authorisation_sets_the_money_aside_and_takes_none(host: Host) -> None:
    payment = await authorised(host)

    assert (payment.state, payment.captured, payment.order, payment.transaction, payment.money.amount) == (
        "authorised",
        0,
        "order-1",
        "order-1-sale",
        12_345,
    )


async def test_the_same_key_authorises_once(host: Host) -> None:
    first, second = await authorised(host), await authorised(host)

    assert first.reference == second.reference


async def test_a_capture_takes_the_whole_sum(host: Host) -> None:
    payment = await captured(host)

    assert (payment.state, payment.captured, host.captures("order-1")) == ("captured", 12_345, 1)


async def test_capturing_again_by_any_key_takes_nothing_more(host: Host) -> None:
    payment = await captured(host)
    again = await host.gateway.capture(payment.reference, key="order-1/capture/1")
    other = await host.gateway.capture(payment.reference, key="order-1/capture/2")

    assert (again.captured, other.captured, host.captures("order-1")) == (12_345, 12_345, 1)


async def test_a_cancelled_payment_cannot_be_captured(host: Host) -> None:
    payment = await authorised(host)
    gone = await host.gateway.cancel(payment.reference, key="order-1/cancel/1")

    assert gone.state == "canceled"
    with pytest.raises(PaymentRefusedError):
        await host.gateway.capture(payment.reference, key="order-1/capture/1")


async def test_cancelling_twice_is_one_cancellation(host: Host) -> None:
    payment = await authorised(host)
    await host.gateway.cancel(payment.reference, key="order-1/cancel/1")
    again = await host.gateway.cancel(payment.reference, key="order-1/cancel/2")

    assert again.state == "canceled"


async def test_a_captured_payment_cannot_be_cancelled(host: Host) -> None:
    payment = await captured(host)

    with pytest.raises(PaymentRefusedError):
        await host.gateway.cancel(payment.reference, key="order-1/cancel/1")


async def test_refunds_give_back_parts_and_then_the_rest(host: Host) -> None:
    payment = await captured(host)
    part = await host.gateway.refund(payment.reference, amount=2_345, key="order-1/refund/1")
    rest = await host.gateway.refund(payment.reference, key="order-1/refund/2")

    assert (part.money.amount, rest.money.amount) == (2_345, 10_000)
    assert (await host.gateway.look_up(payment.reference)).refunded == 12_345


async def test_the_same_key_refunds_once(host: Host) -> None:
    payment = await captured(host)
    first = await host.gateway.refund(payment.reference, amount=1_000, key="order-1/refund/1")
    again = await host.gateway.refund(payment.reference, amount=1_000, key="order-1/refund/1")

    assert first.reference == again.reference
    assert (await host.gateway.look_up(payment.reference)).refunded == 1_000


@pytest.mark.parametrize("amount", [12_346, 0])
async def test_no_more_than_was_taken_can_be_refunded(host: Host, amount: int) -> None:
    payment = await captured(host)

    with pytest.raises(PaymentRefusedError):
        await host.gateway.refund(payment.reference, amount=amount, key="order-1/refund/1")


@pytest.mark.parametrize(
    ("means", "code"),
    [("declined", "card_declined"), ("insufficient", "insufficient_funds"), ("expired", "expired_card")],
)
async def test_a_decline_says_why_and_takes_nothing(host: Host, means: str, code: str) -> None:
    with pytest.raises(DeclinedError) as declined:
        await host.gateway.authorise(charge(host, means), key="order-1/authorise/1")

    assert (declined.value.code, declined.value.retriable, host.captures("order-1")) == (code, False, 0)


async def test_a_buyer_who_acts_lets_the_payment_go_on(host: Host) -> None:
    asked = await host.gateway.authorise(charge(host, "action"), key="order-1/authorise/1")
    await host.act(asked.reference)
    payment = await host.gateway.confirm(asked.reference, key="order-1/confirm/1")

    assert (asked.state, bool(asked.action_url), payment.state) == ("requires_action", True, "authorised")


async def test_a_payment_that_waits_for_the_buyer_can_be_cancelled(host: Host) -> None:
    asked = await host.gateway.authorise(charge(host, "action"), key="order-1/authorise/1")

    assert (await host.gateway.cancel(asked.reference, key="order-1/cancel/1")).state == "canceled"


async def test_a_lost_answer_to_an_authorisation_is_found_by_its_key(host: Host) -> None:
    await host.lose_next_answer("authorise")
    payment = await authorised(host)
    found = await host.gateway.find(charge(host), key="order-1/authorise/1")

    assert found is not None
    assert (found.reference, found.state) == (payment.reference, "authorised")


async def test_a_lost_answer_to_a_capture_takes_the_money_once(host: Host) -> None:
    payment = await authorised(host)
    await host.lose_next_answer("capture")
    try:
        await host.gateway.capture(payment.reference, key="order-1/capture/1")
    except UnknownOutcomeError:
        await host.gateway.capture(payment.reference, key="order-1/capture/1")

    assert (await host.gateway.look_up(payment.reference)).state == "captured"
    assert host.captures("order-1") == 1


async def test_a_lost_answer_to_a_refund_refunds_once(host: Host) -> None:
    payment = await captured(host)
    await host.lose_next_answer("refund")
    try:
        await host.gateway.refund(payment.reference, amount=500, key="order-1/refund/1")
    except UnknownOutcomeError:
        await host.gateway.refund(payment.reference, amount=500, key="order-1/refund/1")

    assert (await host.gateway.look_up(payment.reference)).refunded == 500


async def test_what_was_never_asked_for_is_not_found(host: Host) -> None:
    assert await host.gateway.find(charge(host), key="order-1/authorise/9") is None


async def test_a_reference_that_nobody_gave_is_refused(host: Host) -> None:
    with pytest.raises(UnknownPaymentError):
        await host.gateway.look_up("nothing")


async def test_a_provider_that_is_down_may_be_asked_again(host: Host) -> None:
    await host.go_down()

    with pytest.raises(UnavailableError) as down:
        await host.gateway.authorise(charge(host), key="order-1/authorise/1")
    assert down.value.retriable


@pytest.mark.parametrize("kind", ["authorised", "captured", "refunded"])
async def test_each_step_is_told_by_webhook(host: Host, kind: str) -> None:
    payment = await captured(host)
    await host.gateway.refund(payment.reference, amount=45, key="order-1/refund/1")
    told = await notice(host, kind)

    assert told.money is not None
    assert (told.reference, told.order, told.transaction) == (payment.reference, "order-1", "order-1-sale")
    assert told.money.amount == (45 if kind == "refunded" else 12_345)


async def test_a_cancellation_is_told_by_webhook(host: Host) -> None:
    payment = await authorised(host)
    await host.gateway.cancel(payment.reference, key="order-1/cancel/1")

    assert (await notice(host, "canceled")).reference == payment.reference


async def test_a_dispute_names_the_payment(host: Host) -> None:
    payment = await captured(host)
    await host.dispute(payment.reference)
    told = await notice(host, "dispute")

    assert (told.reference, bool(told.detail)) == (payment.reference, True)
    assert told.respond_by is not None and told.respond_by.timestamp() > time.time() + 86400


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_how_a_dispute_was_decided_is_told_and_can_be_asked_for(
    host: Host, outcome: Literal["won", "lost"]
) -> None:
    payment = await captured(host)
    await host.dispute(payment.reference)
    opened = await host.gateway.look_up_dispute((await notice(host, "dispute")).detail)
    await host.decide(payment.reference, outcome)
    told = await notice(host, "dispute_closed")
    closed = await host.gateway.look_up_dispute(told.detail)

    assert (opened.state, opened.payment, opened.reference) == ("open", payment.reference, told.detail)
    assert opened.respond_by is not None
    assert (told.reference, closed.payment) == (payment.reference, payment.reference)
    assert (closed.state, closed.money.amount) == (outcome, 12_345)


async def test_a_dispute_that_the_provider_does_not_know_is_said_to_be_unknown(host: Host) -> None:
    with pytest.raises(UnknownPaymentError):
        await host.gateway.look_up_dispute("PP-D-0")
