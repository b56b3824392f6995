"""Contested payments: told once, looked up until they are decided, and what was lost is never given back a second time."""

from datetime import timedelta
from typing import Any, Literal, cast

import pytest

from reptidex.agents.core.payments import charge_of
from reptidex.connectors.payments.memory import MemoryPaymentGateway
from reptidex.streams.commands.core_disputes import CheckDispute, SeeDispute
from reptidex.tables.core.payments import Payment
from tests.unit.core.conftest import Stand
from tests.unit.core.test_payments import ORDER, PAYMENT, REFUND, Till, joined

PAID = ["payment.completed", "payment.disputed"]


async def contested(stand: Stand, provider: str = "stripe") -> tuple[Till, str]:
    """Bring a payment to the point where it is paid and contested; return the till and its reference."""
    till = await joined(stand)
    till.provider = cast(MemoryPaymentGateway, stand.ports.gateways[provider])
    await till.ask(provider=provider)
    await till.carry()
    reference = (await paid(stand)).reference
    till.provider.dispute(reference)
    await till.hear(provider=provider)
    return till, reference


async def paid(stand: Stand) -> Payment:
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None
    return payment


async def shown(till: Till) -> Any:
    _, found = await till.stand.get(f"/payments/{PAYMENT}", token=till.token)
    return found


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_a_decided_dispute_is_told_once_and_a_lost_one_counts_as_given_back(
    stand: Stand, provider: str, outcome: Literal["won", "lost"]
) -> None:
    till, reference = await contested(stand, provider)
    till.provider.decide(reference, outcome)
    for _ in range(2):
        await till.hear(provider=provider)
        await till.carry()

    lost = outcome == "lost"
    assert till.told() == [*PAID, *(["payment.refunded"] if lost else []), "payment.dispute.closed"]
    closed = cast(Any, stand.harness.events[-1].data)
    assert (closed.outcome, closed.contested.amount, closed.order_id) == (outcome, 25_000, ORDER)
    found = await shown(till)
    assert (found["disputed"], found["status"]) == (False, "refunded" if lost else "completed")
    back = [cast(Any, each.data).reason for each in stand.harness.events if each.type == "payment.refunded"]
    assert (back, till.refunds()) == ((["disputed"], [(25_000, 25_000, 25_000)]) if lost else ([], []))


async def test_what_was_lost_is_not_given_back_a_second_time(stand: Stand) -> None:
    till, reference = await contested(stand, "paypal")
    till.provider.decide(reference, "lost")
    await till.hear(provider="paypal")
    await till.carry()
    till.provider.announce(
        reference, "refund_failed", (await paid(stand)).amount
    )  # PayPal's notices are a reason to look
    await till.hear(provider="paypal")
    await till.carry()
    body = {"reason": "requested", "refund_id": REFUND}
    _, answer = await stand.post(f"/payments/{PAYMENT}/refund", body, token=till.token)
    await till.carry()

    assert answer["status"] == "refunded"
    assert (await till.provider.look_up(reference)).refunded == 0
    assert till.told().count("payment.refunded") == 1


async def test_a_refund_that_was_under_way_ends_with_the_lost_dispute(stand: Stand) -> None:
    till, reference = await contested(stand)
    till.provider.down = True
    await stand.post(f"/payments/{PAYMENT}/refund", {"reason": "requested", "refund_id": REFUND}, token=till.token)
    await stand.harness.fail_effects("the provider does not answer")
    till.provider.down = False
    till.provider.decide(reference, "lost")
    await till.hear()
    await till.carry()
    await stand.harness.advance(by=timedelta(days=2))
    await till.carry()

    assert ((await paid(stand)).status, (await till.provider.look_up(reference)).refunded) == ("refunded", 0)


async def test_a_dispute_lost_in_part_leaves_the_rest_to_be_given_back(stand: Stand) -> None:
    till, reference = await contested(stand)
    till.provider.decide(reference, "lost", 10_000)
    await till.hear()
    await till.carry()

    found = await shown(till)
    body = {"reason": "requested", "refund_id": REFUND}
    part, _ = await stand.post(f"/payments/{PAYMENT}/refund", body | {"amount": 1_000}, token=till.token)
    await stand.post(f"/payments/{PAYMENT}/refund", body, token=till.token)
    await till.carry()

    assert (found["status"], found["refunded"]["amount"], part) == ("completed", 10_000, 409)
    assert till.refunds() == [(10_000, 10_000, 25_000), (15_000, 25_000, 25_000)]
    assert (await till.provider.look_up(reference)).refunded == 15_000


async def test_a_decision_that_nobody_told_of_is_found(stand: Stand) -> None:
    till, reference = await contested(stand)
    await stand.harness.advance(by=timedelta(days=1, minutes=1))
    await till.carry()
    open_still = till.told()
    till.provider.decide(reference, "won")
    await stand.harness.advance(by=timedelta(days=1, minutes=1))
    await till.carry()
    closed = till.told()
    await stand.harness.advance(by=timedelta(days=30))
    await till.carry()

    assert (open_still, closed) == (PAID, [*PAID, "payment.dispute.closed"])
    assert till.told() == closed


async def test_the_end_that_is_heard_before_the_beginning_tells_both_in_their_order(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()
    reference = (await paid(stand)).reference
    till.provider.dispute(reference)
    till.provider.decide(reference, "won")
    await till.hear(-1)
    await till.carry()
    await till.hear(-2)
    await till.carry()

    assert till.told() == [*PAID, "payment.dispute.closed"]
    assert not (await shown(till))["disputed"]


async def test_a_second_dispute_of_a_payment_is_told_as_well(stand: Stand) -> None:
    till, reference = await contested(stand)
    till.provider.decide(reference, "won")
    await till.hear()
    await till.carry()
    till.provider.dispute(reference)
    await till.hear()

    assert till.told() == [*PAID, "payment.dispute.closed", "payment.disputed"]
    assert (await shown(till))["disputed"]


async def test_a_dispute_that_the_provider_does_not_know_ends_as_noise(stand: Stand) -> None:
    till, _ = await contested(stand)
    absent = SeeDispute(order_id=ORDER, payment_id=PAYMENT, dispute_reference="dispute_1", state="absent")
    other = SeeDispute(order_id=ORDER, payment_id=PAYMENT, dispute_reference="dispute_9", state="absent")
    for command in (other, absent, absent):
        await stand.harness.handle(command)

    assert till.told() == [*PAID, "payment.dispute.closed"], "it is contested no more"
    assert cast(Any, stand.harness.events[-1].data).outcome == "won"
    assert ((await shown(till))["disputed"], await till.status()) == (False, "completed")


async def test_the_lost_dispute_of_another_payment_costs_nothing_here(stand: Stand) -> None:
    till, _ = await contested(stand, "paypal")
    charge = charge_of(await paid(stand))
    other = await till.provider.authorise(charge, key="another payment of ours at this provider")
    await till.provider.capture(other.reference, key="its capture")
    till.provider.dispute(other.reference)
    till.provider.decide(other.reference, "lost")
    named = CheckDispute(order_id=ORDER, payment_id=PAYMENT, dispute_reference="dispute_2")  # by a forged notice
    await stand.harness.handle(named)
    await till.carry()

    assert ((await paid(stand)).status, till.told()) == ("completed", PAID)
