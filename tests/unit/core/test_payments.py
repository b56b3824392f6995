"""Flow B6: money is taken once and given back once, in whatever order and however often the news comes."""

from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from reptidex.connectors.payments.memory import MemoryPaymentGateway
from reptidex.connectors.payments.port import Charge, UnknownOutcomeError
from reptidex.streams.values import Money
from reptidex.tables.core.payments import Payment
from reptidex.tables.core.people import User
from tests.unit.core.conftest import Stand, uid

PAYMENT, ORDER, TRANSACTION, REFUND = uid(1), uid(2), uid(3), uid(4)


class Till:
    """Commerce's side of a payment, and the provider's."""

    def __init__(self, stand: Stand, token: str, buyer: dict[str, str]) -> None:
        self.stand, self.token, self.buyer = stand, token, buyer
        self.provider = cast(MemoryPaymentGateway, stand.ports.gateways["stripe"])

    async def ask(self, method: str = "ok", **more: Any) -> tuple[int, Any]:
        """Ask for a payment."""
        body = {
            "payment_id": PAYMENT,
            "order_id": ORDER,
            "transaction_id": TRANSACTION,
            "generation": 1,
            "amount": {"amount": 25_000, "currency": "USD"},
            "provider": "stripe",
            "method": method,
            "buyer_user_id": self.buyer["user_id"],
            "buyer_vivarium_id": self.buyer["vivarium_id"],
            "seller_vivarium_id": uid(9),
        }
        return await self.stand.post("/payments", body | more, token=self.token)

    async def carry(self) -> None:
        """Carry out what waits at the provider."""
        for _ in range(4):
            await self.stand.harness.carry_out(self.stand.ports)

    async def hear(self, place: int = -1, *, provider: str = "stripe") -> int:
        """Bring one of the provider's webhooks."""
        body, headers = self.provider.webhooks[place]
        async with self.stand.session.post(
            f"{self.stand.url}/webhooks/{provider}", data=body, headers=headers
        ) as response:
            return response.status

    async def status(self) -> str:
        """Return how the payment stands."""
        _, found = await self.stand.get(f"/payments/{PAYMENT}", token=self.token)
        return cast(str, found["status"])

    def told(self) -> list[str]:
        """Return the events about the payment."""
        return [each.type for each in self.stand.harness.events if each.type.startswith("payment.")]

    def refunds(self) -> list[tuple[int, int, int]]:
        """Return of each refund that was told: what was given back, what that makes in all, and what was taken."""
        back: list[Any] = [each.data for each in self.stand.harness.events if each.type == "payment.refunded"]
        return [(each.amount.amount, each.refunded_total.amount, each.captured_total.amount) for each in back]


async def joined(stand: Stand) -> Till:
    buyer = await stand.join("bea@example.com", "Bea")
    return Till(stand, await stand.service("repti-commerce"), buyer)


async def test_a_payment_is_captured_and_told_once(stand: Stand) -> None:
    till = await joined(stand)

    asked = await till.ask()
    await till.carry()
    for place in range(len(till.provider.webhooks)):
        assert await till.hear(place) == 200

    assert asked == (200, asked[1] | {"status": "processing"})
    assert (await till.status(), till.told()) == ("completed", ["payment.completed"])
    assert till.provider.captures == {ORDER: 1}


async def test_a_payment_asked_for_twice_is_one_payment(stand: Stand) -> None:
    till = await joined(stand)

    await till.ask()
    await till.carry()
    status, again = await till.ask()

    assert (status, again["status"]) == (200, "completed")
    assert till.provider.captures == {ORDER: 1}


async def test_a_second_payment_for_the_same_order_is_refused_while_one_stands(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()

    status, problem = await till.ask(payment_id=uid(5), generation=2)

    assert (status, problem["title"]) == (409, "The order is being paid")


async def test_a_declined_card_is_told_once_and_another_try_may_follow(stand: Stand) -> None:
    till = await joined(stand)

    await till.ask("declined")
    await till.carry()
    await till.hear()
    retried, _ = await till.ask("ok", payment_id=uid(5), generation=2)
    await till.carry()

    assert retried == 200
    assert till.told() == ["payment.failed", "payment.completed"]
    failed: Any = next(each.data for each in stand.harness.events if each.type == "payment.failed")
    assert (failed.reason, failed.retriable) == ("declined", True)


async def test_the_webhook_before_the_answer_completes_the_payment_and_the_answer_adds_nothing(stand: Stand) -> None:
    till = await joined(stand)
    till.provider.lose_answers = 1
    await till.ask()
    with pytest.raises(UnknownOutcomeError):
        await stand.harness.carry_out(stand.ports)
    await till.hear(0)
    await till.carry()
    await till.hear(-1)

    assert (await till.status(), till.told()) == ("completed", ["payment.completed"])
    assert till.provider.captures == {ORDER: 1}


async def test_webhooks_that_come_twice_and_in_the_wrong_order_change_nothing(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()

    for place in (1, 0, 1, 0, 1):
        assert await till.hear(place) == 200

    assert till.told() == ["payment.completed"]
    assert till.provider.captures == {ORDER: 1}


async def test_a_forged_webhook_is_refused_and_has_no_effect(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask("action")
    await till.carry()
    body, headers = till.provider.webhooks[-1]
    forged = body.replace(b"requires_action", b"captured").replace(b'"event":"', b'"event":"x')

    async with stand.session.post(f"{stand.url}/webhooks/stripe", data=forged, headers=headers) as response:
        status = response.status

    assert status == 400
    assert (await till.status(), till.told()) == ("processing", [])


async def test_a_payment_whose_news_never_came_is_looked_up_by_its_timer(stand: Stand) -> None:
    till = await joined(stand)
    till.provider.lose_answers = 1
    await till.ask()
    with pytest.raises(UnknownOutcomeError):
        await stand.harness.carry_out(stand.ports)
    await stand.harness.fail_effects()

    await stand.harness.advance(by=timedelta(seconds=61))
    await till.carry()

    assert (await till.status(), till.told()) == ("completed", ["payment.completed"])
    assert till.provider.captures == {ORDER: 1}


async def test_a_payment_that_the_provider_never_heard_of_fails(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await stand.harness.fail_effects()

    await stand.harness.advance(by=timedelta(seconds=61))
    await till.carry()

    assert (await till.status(), till.told()) == ("failed", ["payment.failed"])
    assert till.provider.captures == {}


async def test_a_buyer_who_has_to_act_is_sent_to_the_provider_and_the_payment_goes_on_after(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask("action")
    await till.carry()
    _, waiting = await stand.get(f"/payments/{PAYMENT}", token=till.token)

    till.provider.act(waiting["reference"])
    await till.hear()
    await till.carry()

    assert waiting["action_url"]
    assert (await till.status(), till.told()) == ("completed", ["payment.completed"])


async def test_a_payment_called_off_before_it_was_captured_is_let_go(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()

    status, answer = await stand.post(f"/payments/{PAYMENT}/cancel", {"reason": "deadline"}, token=till.token)
    await till.carry()

    assert (status, answer["status"]) == (200, "canceling")
    assert (await till.status(), till.told()) == ("canceled", ["payment.failed"])
    assert till.provider.captures == {}


async def test_money_captured_in_the_moment_of_calling_off_is_given_back_once(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await stand.harness.carry_out(stand.ports)
    [capture] = await stand.harness.effects
    await till.provider.capture(capture.reference, key=capture.key)
    await stand.post(f"/payments/{PAYMENT}/cancel", {}, token=till.token)

    await till.carry()
    await stand.post(f"/payments/{PAYMENT}/refund", {"reason": "late", "refund_id": REFUND}, token=till.token)
    await till.carry()
    for place in range(len(till.provider.webhooks)):
        await till.hear(place)

    assert (await till.status(), till.told()) == ("refunded", ["payment.refunded"])
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None
    assert (await till.provider.look_up(payment.reference)).refunded == 25_000


async def test_calling_off_too_late_is_answered_completed(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()

    _, answer = await stand.post(f"/payments/{PAYMENT}/cancel", {}, token=till.token)

    assert answer["status"] == "completed"


async def test_a_payment_that_failed_has_nothing_to_give_back(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask("declined")
    await till.carry()

    body = {"reason": "rejected", "refund_id": REFUND}
    status, _ = await stand.post(f"/payments/{PAYMENT}/refund", body, token=till.token)

    assert status == 409


async def test_a_suspended_buyer_cannot_pay(stand: Stand) -> None:
    till = await joined(stand)
    user = await stand.harness.get(User, till.buyer["user_id"])
    assert user is not None
    await stand.harness.put(msgspec.structs.replace(user, status="suspended"))

    status, _ = await till.ask()

    assert status == 409


async def test_a_dispute_is_noted_though_the_provider_does_not_name_the_order(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None

    till.provider.dispute(payment.reference)
    await till.hear()

    _, found = await stand.get(f"/payments/{PAYMENT}", token=till.token)
    assert found["disputed"]
    [told] = [each.data for each in stand.harness.events if each.type == "payment.disputed"]
    assert (told.order_id, told.reason, told.contested) == (payment.order_id, "fraud", payment.amount)
    assert told.respond_by is not None


async def test_only_commerce_may_ask_for_payments(stand: Stand) -> None:
    sam = await stand.sign_in()

    user, _ = await stand.get(f"/payments/{PAYMENT}", token=sam["access_token"])
    other, _ = await stand.get(f"/payments/{PAYMENT}", token=await stand.service("repti-ops"))

    assert (user, other) == (403, 403)


async def test_what_paypal_notices_is_looked_up_before_it_is_believed(stand: Stand) -> None:
    till = await joined(stand)
    till.provider = cast(MemoryPaymentGateway, stand.ports.gateways["paypal"])
    await till.ask("action", provider="paypal")
    await till.carry()
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None

    till.provider.act(payment.reference)
    await till.hear(provider="paypal")
    unbelieved = await till.status()
    await till.carry()

    assert unbelieved == "processing"
    assert (await till.status(), till.told()) == ("completed", ["payment.completed"])


async def test_the_right_number_of_another_currency_is_looked_into_and_not_believed(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask("action")
    await till.carry()
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None

    till.provider.announce(payment.reference, "captured", Money(amount=25_000, currency="JPY"))
    await till.hear()
    await till.carry()

    assert (await till.status(), till.told()) == ("processing", [])


async def test_a_paypal_notice_cannot_name_the_order_at_paypal_that_pays(stand: Stand) -> None:
    till = await joined(stand)
    till.provider = cast(MemoryPaymentGateway, stand.ports.gateways["paypal"])
    cheap = Charge(order=ORDER, transaction=TRANSACTION, money=Money(amount=25_000, currency="USD"), method="ok")
    other = await till.provider.authorise(cheap, key="somebody else's")
    await till.provider.capture(other.reference, key="somebody else's capture")
    await till.ask("action", provider="paypal")

    await till.hear(provider="paypal")
    noticed = await stand.harness.get(Payment, PAYMENT)
    await till.carry()

    assert noticed is not None and noticed.reference == ""
    assert (await till.status(), till.told()) == ("processing", [])
