"""Whatever is asked of a payment and heard of it, in any order, late, twice or lost: the money is where it was told to be."""

import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any, cast

import pytest

from reptidex.connectors.payments.memory import MemoryPaymentGateway
from reptidex.errors import DomainError, UnavailableError
from reptidex.tables.core.payments import Payment
from tests.unit.core.conftest import Stand
from tests.unit.core.test_payments import PAYMENT, REFUND, Till

STEPS = 25


class Rush:
    """Many hands on one payment, and a provider that forgets to answer."""

    def __init__(self, till: Till, provider: str, chance: Random) -> None:
        self.till, self.name, self.chance = till, provider, chance
        self.till.provider = cast(MemoryPaymentGateway, till.stand.ports.gateways[provider])
        self.short = chance.choice([0, 0, 24_000])

    async def step(self) -> None:
        """Let one thing happen. A refusal is an answer like any other."""
        acts: list[Callable[[], Awaitable[Any]]] = [self.carry, self.carry, self.hear, self.hear, self.wait]
        acts += [self.ask, self.cancel, self.refund, self.lose, self.act, self.by_hand, self.take_back]
        with contextlib.suppress(DomainError, UnavailableError):
            await self.chance.choice(acts)()

    async def ask(self) -> None:
        await self.till.ask(self.chance.choice(["ok", "action", "declined"]), provider=self.name)

    async def cancel(self) -> None:
        if self.chance.random() < 0.4:
            await self.till.stand.post(f"/payments/{PAYMENT}/cancel", {}, token=self.till.token)

    async def refund(self) -> None:
        body = {"reason": "requested", "refund_id": REFUND}
        await self.till.stand.post(f"/payments/{PAYMENT}/refund", body, token=self.till.token)

    async def carry(self) -> None:
        self.till.provider.short = self.short
        await self.till.stand.harness.carry_out(self.till.stand.ports)

    async def hear(self) -> None:
        if self.till.provider.webhooks:
            await self.till.hear(self.chance.randrange(len(self.till.provider.webhooks)), provider=self.name)

    async def wait(self) -> None:
        await self.till.stand.harness.advance(by=timedelta(seconds=self.chance.choice([1, 61])))

    async def lose(self) -> None:
        self.till.provider.lose_answers = 1

    async def act(self) -> None:
        payment = await self.till.stand.harness.get(Payment, PAYMENT)
        if payment is not None and payment.reference:
            self.till.provider.act(payment.reference, succeeds=self.chance.random() < 0.8)

    async def by_hand(self) -> None:
        payment = await self.till.stand.harness.get(Payment, PAYMENT)
        if payment is not None and payment.reference and self.chance.random() < 0.3:
            await self.till.provider.refund(payment.reference, amount=1, key=f"by hand {self.chance.random()}")

    async def take_back(self) -> None:
        """Let a refund that was told fail after all."""
        payment = await self.till.stand.harness.get(Payment, PAYMENT)
        if payment is not None and payment.status == "refunded":
            self.till.provider.take_back_refund(payment.reference)
            await self.till.hear(provider=self.name)

    async def settle(self) -> None:
        """Let time pass until nothing is left to do; a buyer who does not act is called off."""
        self.till.provider.lose_answers = 0
        await self.till.stand.post(f"/payments/{PAYMENT}/cancel", {}, token=self.till.token)
        for _ in range(12):
            await self.till.stand.harness.advance(by=timedelta(hours=2))
            while await self.till.stand.harness.effects:
                await self.carry()


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
@pytest.mark.parametrize("seed", range(20))
async def test_money_is_where_it_was_told_to_be(stand: Stand, provider: str, seed: int) -> None:
    buyer = await stand.join("bea@example.com", "Bea")
    till = Till(stand, await stand.service("repti-commerce"), buyer)
    rush = Rush(till, provider, Random(seed))
    await rush.ask()
    for _ in range(STEPS):
        await rush.step()
    await rush.settle()

    back: list[Any] = [each.data for each in stand.harness.events if each.type == "payment.refunded"]
    told = Counter({name: count for name, count in Counter(till.told()).items() if name != "payment.refunded"})
    told["payment.refunded"] = sum(each.refunded_total == each.captured_total for each in back)
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None and payment.status in ("completed", "failed", "canceled", "refunded")
    taken = {}
    if payment.reference:
        seen = await till.provider.look_up(payment.reference)
        taken = {"captured": seen.captured, "refunded": seen.refunded}
    kept = taken.get("captured", 0) - taken.get("refunded", 0)
    paid_for_good = told["payment.completed"] == 1 and told["payment.refunded"] == 0
    assert max(told.values(), default=0) <= 1 and max(till.provider.captures.values(), default=0) <= 1
    total = sum(each.amount.amount for each in back)
    assert total == payment.given_back == max([each.refunded_total.amount for each in back], default=0)
    assert total == taken.get("refunded", 0) if payment.status == "refunded" else total <= taken.get("refunded", 0)
    assert not (told["payment.completed"] and told["payment.failed"])
    assert payment.status != "completed" or paid_for_good
    assert (kept > 24_900) if paid_for_good else (kept == 0), (payment.status, told, taken)
    assert await stand.harness.letters() == []
