"""Money that goes back, by us or at the provider's own desk: told to the cent, and once."""

import contextlib
from typing import Any, cast

import pytest

from reptidex.connectors.payments.memory import MemoryPaymentGateway
from reptidex.connectors.payments.port import UnknownOutcomeError
from reptidex.tables.core.payments import Payment
from tests.unit.core.conftest import Stand, uid
from tests.unit.core.test_payments import PAYMENT, REFUND, joined


def dollars(amount: int) -> dict[str, Any]:
    """Return a sum as HTTP shows it."""
    return {"amount": amount, "currency": "USD"}


async def test_a_refund_is_made_and_told_once_however_often_it_is_asked_for(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()
    body = {"reason": "rejected", "refund_id": REFUND}

    for _ in range(3):
        await stand.post(f"/payments/{PAYMENT}/refund", body, token=till.token)
        await till.carry()
    for place in range(len(till.provider.webhooks)):
        await till.hear(place)

    assert till.told() == ["payment.completed", "payment.refunded"]
    refunded: Any = stand.harness.events[-1].data
    assert (refunded.refund_id, refunded.refunded_total.amount) == (REFUND, 25_000)


async def test_a_refund_made_at_the_providers_own_desk_is_found_and_told(stand: Stand) -> None:
    till = await joined(stand)
    till.provider = cast(MemoryPaymentGateway, stand.ports.gateways["paypal"])
    await till.ask(provider="paypal")
    await till.carry()
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None

    await till.provider.refund(payment.reference, key="by hand")
    await till.hear(provider="paypal")
    await till.carry()

    assert till.told() == ["payment.completed", "payment.refunded"]


@pytest.mark.parametrize("hears", [True, False])
async def test_another_sum_than_was_asked_for_is_given_back_and_never_counts_as_paid(stand: Stand, hears: bool) -> None:
    till = await joined(stand)
    till.provider.short = 24_900
    await till.ask()
    await till.carry()
    for place in range(len(till.provider.webhooks)) if hears else ():
        await till.hear(place)
    await till.carry()

    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None
    assert (await till.status(), till.told()) == ("refunded", ["payment.refunded"])
    assert (await till.provider.look_up(payment.reference)).refunded == 100
    assert till.refunds() == [(100, 100, 100)]
    _, shown = await stand.get(f"/payments/{PAYMENT}", token=till.token)
    assert [shown[name] for name in ("amount", "taken", "refunded")] == [dollars(25_000), dollars(100), dollars(100)]


async def test_what_is_given_back_in_part_at_the_providers_desk_is_completed_by_the_rest(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None
    await till.provider.refund(payment.reference, amount=10_000, key="by hand")

    await stand.post(f"/payments/{PAYMENT}/refund", {"reason": "requested", "refund_id": REFUND}, token=till.token)
    await till.carry()

    assert (await till.status(), till.told()) == ("refunded", ["payment.completed", "payment.refunded"])
    assert (await till.provider.look_up(payment.reference)).refunded == 25_000


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
async def test_parts_given_back_at_the_providers_desk_are_told_one_by_one_until_all_is_back(
    stand: Stand, provider: str
) -> None:
    till = await joined(stand)
    till.provider = cast(MemoryPaymentGateway, stand.ports.gateways[provider])
    await till.ask(provider=provider)
    await till.carry()
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None

    standing = []
    for part in (10_000, 12_000, 3_000):
        await till.provider.refund(payment.reference, amount=part, key=f"by hand {part}")
        for _ in range(2):
            await till.hear(provider=provider)
            await till.carry()
        standing.append(await till.status())

    assert standing == ["completed", "completed", "refunded"]
    assert till.refunds() == [(10_000, 10_000, 25_000), (12_000, 22_000, 25_000), (3_000, 25_000, 25_000)]


async def test_a_part_as_large_as_the_sum_asked_for_does_not_close_a_capture_of_more(stand: Stand) -> None:
    till = await joined(stand)
    till.provider.short = -5_000
    await till.ask()
    for _ in range(2):
        await stand.harness.carry_out(stand.ports)
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None
    await till.provider.refund(payment.reference, amount=25_000, key="by hand")
    await till.hear()
    between = await till.status()
    await till.carry()

    assert (between, await till.status()) == ("refunding", "refunded")
    assert (await till.provider.look_up(payment.reference)).refunded == 30_000
    assert sum(now for now, _, _ in till.refunds()) == 30_000
    assert till.refunds()[-1][1:] == (30_000, 30_000)


async def test_parts_are_given_back_once_each_until_nothing_is_left(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()

    async def part(amount: int, number: int) -> int:
        body = {"reason": "requested", "refund_id": uid(number), "amount": amount}
        status, _ = await stand.post(f"/payments/{PAYMENT}/refund", body, token=till.token)
        await till.carry()
        return status

    statuses = [await part(10_000, 40), await part(10_000, 40), await part(15_001, 41), await part(1_000, 42)]
    after_parts = (await till.status(), till.refunds())
    rest = await part(14_000, 43)
    over = await part(1, 44)

    assert statuses == [200, 200, 409, 200]
    assert after_parts == ("completed", [(10_000, 10_000, 25_000), (1_000, 11_000, 25_000)])
    assert (rest, over, await till.status(), till.refunds()[-1]) == (200, 200, "refunded", (14_000, 25_000, 25_000))
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None
    assert (await till.provider.look_up(payment.reference)).refunded == 25_000


async def test_a_part_whose_answer_is_lost_is_given_back_once(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()
    till.provider.lose_answers = 1
    body = {"reason": "requested", "refund_id": uid(40), "amount": 10_000}
    await stand.post(f"/payments/{PAYMENT}/refund", body, token=till.token)
    with contextlib.suppress(UnknownOutcomeError):
        await till.carry()
    await till.carry()

    assert till.refunds() == [(10_000, 10_000, 25_000)]
