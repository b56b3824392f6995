"""News of a payment that comes before what it builds on, takes back what was said, or is of what the provider has forgotten."""

from datetime import timedelta
from typing import cast

import msgspec

from reptidex.connectors.payments.memory import MemoryPaymentGateway
from reptidex.connectors.payments.port import Charge, PaymentRefusedError
from reptidex.connectors.payments.port import Payment as Seen
from reptidex.streams.values import Money
from reptidex.tables.core.payments import Payment
from tests.unit.core.conftest import Stand
from tests.unit.core.test_payments import PAYMENT, REFUND, Till, joined


async def _payment(stand: Stand) -> Payment:
    payment = await stand.harness.get(Payment, PAYMENT)
    assert payment is not None
    return payment


async def _time(till: Till, **by: float) -> None:
    await till.stand.harness.advance(by=timedelta(**by))
    await till.carry()


async def test_a_refund_that_is_heard_of_before_the_capture_is_not_forgotten(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await stand.harness.carry_out(stand.ports)
    [capture] = await stand.harness.effects
    await till.provider.capture(capture.reference, key=capture.key)
    await till.provider.refund(capture.reference, key="by hand")

    await till.hear(-1)
    await till.carry()
    for place in (-2, -1):
        await till.hear(place)
        await till.carry()

    assert await till.status() == "refunded"
    assert till.told()[-1] == "payment.refunded"


async def test_a_refund_that_fails_after_it_had_succeeded_is_made_anew(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()
    await stand.post(f"/payments/{PAYMENT}/refund", {"reason": "rejected", "refund_id": REFUND}, token=till.token)
    await till.carry()
    reference = (await _payment(stand)).reference

    till.provider.take_back_refund(reference)
    await till.hear()
    await stand.harness.carry_out(stand.ports)
    between = await till.status()
    await _time(till, hours=1)

    assert between == "refunding"
    assert (await _payment(stand)).status == "refunded"
    assert (await till.provider.look_up(reference)).refunded == 25_000
    assert till.refunds() == [(25_000, 25_000, 25_000)]


async def test_a_payment_that_the_provider_has_forgotten_comes_to_its_end(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask("action")
    await till.carry()

    till.provider.forget((await _payment(stand)).reference)
    await stand.post(f"/payments/{PAYMENT}/cancel", {}, token=till.token)
    await _time(till, hours=1)

    assert ((await _payment(stand)).status, till.told()) == ("canceled", ["payment.failed"])


async def test_a_payment_that_its_buyer_let_lapse_fails_by_itself(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask("action")
    await till.carry()

    till.provider.forget((await _payment(stand)).reference)
    await _time(till, hours=1)

    assert ((await _payment(stand)).status, till.told()) == ("failed", ["payment.failed"])


async def test_where_the_buyer_acted_once_is_no_address_to_act_any_more(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask("action")
    await till.carry()
    till.provider.act((await _payment(stand)).reference)
    await till.hear()
    await till.carry()

    _, shown = await stand.get(f"/payments/{PAYMENT}", token=till.token)

    assert (shown["status"], shown["action_url"]) == ("completed", "")


async def test_a_refund_in_another_currency_closes_nothing_by_its_number(stand: Stand) -> None:
    till = await joined(stand)
    await till.ask()
    await till.carry()

    till.provider.announce((await _payment(stand)).reference, "refunded", Money(amount=25_000, currency="JPY"))
    await till.hear()
    await till.carry()

    assert (await till.status(), till.refunds()) == ("completed", [])


class Reviewing(MemoryPaymentGateway):
    """A provider that looks into an authorisation, and lets nobody hurry it."""

    async def find(self, charge: Charge, *, key: str) -> Seen | None:
        found = await super().find(charge, key=key)
        return found and msgspec.structs.replace(found, state="processing")

    async def look_up(self, reference: str) -> Seen:
        return msgspec.structs.replace(await super().look_up(reference), state="processing")

    async def confirm(self, reference: str, *, key: str) -> Seen:
        raise PaymentRefusedError("order_already_authorized", "there is nothing to confirm")


async def test_a_payment_that_the_provider_looks_into_is_not_called_declined(stand: Stand) -> None:
    till = await joined(stand)
    cast(dict[str, MemoryPaymentGateway], stand.ports.gateways)["paypal"] = Reviewing(provider="paypal")
    await till.ask("action", provider="paypal")
    await till.carry()

    await _time(till, seconds=61)

    assert (await till.status(), till.told()) == ("processing", [])
