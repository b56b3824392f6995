"""Plans whose payment nobody finishes, whose vivarium is gone, or that have no end: none of them goes on for ever."""

from datetime import timedelta
from typing import Literal, cast

import pytest
from msgspec.structs import replace

from reptidex.connectors.payments.memory import MemoryPaymentGateway
from reptidex.streams.commands.core import DeleteUser
from reptidex.streams.commands.core_billing import OverridePlan
from reptidex.tables.core.payments import Payment
from reptidex.tables.query import select
from tests.unit.core.conftest import Stand
from tests.unit.core.test_plans import _change, _settle, _subscription, _upgraded


async def _days(stand: Stand, days: int) -> None:
    """Let days pass, with everything that comes due in them."""
    for _ in range(days * 2):
        await stand.harness.advance(by=timedelta(hours=12))
        await _settle(stand)


def _asked(stand: Stand) -> int:
    """Return how many payments the provider was asked for."""
    return len(cast(MemoryPaymentGateway, stand.ports.gateways["stripe"])._payments)


async def test_the_card_of_a_person_who_is_erased_is_not_charged_any_more(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    before = _asked(stand)
    await stand.harness.handle(DeleteUser(user_id=tokens["user_id"], reason="erasure"))
    await _settle(stand)

    await _days(stand, 35)

    assert _asked(stand) == before
    assert (await _subscription(stand, tokens)).plan == "hobbyist"
    assert (await _subscription(stand, tokens)).method == ""


async def test_an_upgrade_that_its_buyer_never_confirms_does_not_lock_the_plan(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await _change(stand, tokens, "keeper", "action")
    await _settle(stand)
    during, _ = await _change(stand, tokens, "breeder")

    await _days(stand, 3)
    _, tokens = await stand.login()
    after, _ = await _change(stand, tokens, "breeder")
    await _settle(stand)

    assert (during, after) == (409, 200)
    assert (await _subscription(stand, tokens)).plan == "breeder"
    payments = await stand.harness.find(select(Payment))
    assert sorted(each.status for each in payments) == ["canceled", "completed"]


async def test_an_upgrade_that_its_buyer_has_to_confirm_says_where(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, asked = await _change(stand, tokens, "keeper", "action")
    await _settle(stand)
    where = f"/billing/invoices/{asked['open_invoice_id']}"
    _, shown = await stand.get(where, token=tokens["access_token"])

    [payment] = await stand.harness.find(select(Payment))
    cast(MemoryPaymentGateway, stand.ports.gateways["stripe"]).act(payment.reference)
    await _days(stand, 1)
    _, tokens = await stand.login()
    _, after = await stand.get(where, token=tokens["access_token"])

    assert shown["action_url"].startswith("https://")
    assert (after["status"], after["action_url"]) == ("paid", "")


async def test_a_renewal_that_waits_for_its_buyer_for_ever_lapses(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    subscription = await _subscription(stand, tokens)
    await stand.harness.put(replace(subscription, method="action"))

    await _days(stand, 30 + 20)

    assert (await _subscription(stand, tokens)).plan == "hobbyist"


async def test_a_plan_that_was_given_without_an_end_can_be_given_up(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.harness.handle(OverridePlan(vivarium_id=tokens["vivarium_id"], plan="collector"))

    status, _ = await stand.call("PUT", "/billing/subscriptions", {"plan": "hobbyist"}, token=tokens["access_token"])
    await _days(stand, 1)

    after = await _subscription(stand, tokens)
    assert (status, after.plan, after.status) == (200, "hobbyist", "active")


async def test_a_given_plan_makes_way_for_a_lower_paid_one_once_that_is_paid(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.harness.handle(OverridePlan(vivarium_id=tokens["vivarium_id"], plan="collector"))

    status, _ = await _change(stand, tokens, "keeper")
    before = (await _subscription(stand, tokens)).plan
    await _settle(stand)

    after = await _subscription(stand, tokens)
    assert (status, before, after.plan, after.period_end is not None) == (200, "collector", "keeper", True)


async def test_an_overdue_plan_is_paid_by_another_card(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    subscription = await _subscription(stand, tokens)
    await stand.harness.put(replace(subscription, method="expired"))
    await _days(stand, 31)
    overdue = await _subscription(stand, tokens)
    _, tokens = await stand.login()

    status, _ = await _change(stand, tokens, "breeder", "ok")
    await _settle(stand)

    after = await _subscription(stand, tokens)
    assert (overdue.status, status) == ("past_due", 200)
    assert (after.plan, after.status, after.attempts, after.method) == ("breeder", "active", 0, "ok")


async def test_a_plan_that_is_paid_for_is_paid_by_another_card_from_the_next_period_on(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    before = _asked(stand)

    body = {"plan": "breeder", "provider": "paypal", "method": "ok"}
    status, _ = await stand.call("PUT", "/billing/subscriptions", body, token=tokens["access_token"])
    await _settle(stand)

    assert (status, _asked(stand), (await _subscription(stand, tokens)).provider) == (200, before, "paypal")


async def test_a_renewal_is_asked_of_the_card_that_its_owner_left_and_of_nobody_who_is_there(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await _change(stand, tokens, "keeper")
    await stand.harness.advance(by=timedelta())
    [first] = await stand.harness.effects
    await _settle(stand)
    subscription = await _subscription(stand, tokens)
    assert subscription.period_end is not None
    await stand.harness.advance(to=subscription.period_end)
    await stand.harness.advance(by=timedelta())
    [renewal] = await stand.harness.effects

    assert [(each.charge.payer, each.charge.absent) for each in (first, renewal)] == [
        (tokens["user_id"], False),
        (tokens["user_id"], True),
    ]


async def test_a_new_card_is_asked_for_its_owner_the_first_time_it_pays(stand: Stand) -> None:
    tokens = await _upgraded(stand)
    await _change(stand, tokens, "breeder", "action")
    subscription = await _subscription(stand, tokens)
    assert subscription.period_end is not None
    await stand.harness.advance(to=subscription.period_end)
    await stand.harness.advance(by=timedelta())

    [renewal] = await stand.harness.effects
    assert (renewal.charge.method, renewal.charge.absent) == ("action", False)


async def test_an_upgrade_that_was_declined_leaves_the_card_that_pays(stand: Stand) -> None:
    tokens = await _upgraded(stand, "keeper")
    await _change(stand, tokens, "breeder", "declined")
    await _settle(stand)
    declined = await _subscription(stand, tokens)

    await _days(stand, 31)

    after = await _subscription(stand, tokens)
    assert (declined.plan, declined.method, declined.open_invoice_id) == ("keeper", "ok", "")
    assert (after.plan, after.status, after.method) == ("keeper", "active", "ok")


async def test_an_upgrade_is_paid_from_then_on_by_the_card_that_paid_for_it(stand: Stand) -> None:
    tokens = await _upgraded(stand, "keeper")
    body = {"plan": "breeder", "provider": "paypal", "method": "ok"}
    await stand.call("PUT", "/billing/subscriptions", body, token=tokens["access_token"])
    during = await _subscription(stand, tokens)
    await _settle(stand)

    after = await _subscription(stand, tokens)
    assert (during.provider, after.provider, after.payer_id) == ("stripe", "paypal", tokens["user_id"])


async def test_a_plan_that_an_administrator_gave_meanwhile_stays_and_what_was_paid_for_another_is_given_back(
    stand: Stand,
) -> None:
    tokens = await stand.sign_in()
    await _change(stand, tokens, "keeper", "action")
    await _settle(stand)
    await stand.harness.handle(OverridePlan(vivarium_id=tokens["vivarium_id"], plan="breeder"))
    [payment] = await stand.harness.find(select(Payment))
    gateway = cast(MemoryPaymentGateway, stand.ports.gateways["stripe"])
    gateway.act(payment.reference)
    await _days(stand, 1)

    assert (await _subscription(stand, tokens)).plan == "breeder"
    assert (await _subscription(stand, tokens)).period_end is None
    [payment] = await stand.harness.find(select(Payment))
    assert (payment.status, (await gateway.look_up(payment.reference)).refunded) == ("refunded", payment.amount.amount)
    told = [each.type for each in stand.harness.events if each.type.startswith("billing.invoice")]
    assert told == ["billing.invoice.created", "billing.invoice.failed"]


async def test_what_is_paid_for_a_vivarium_that_was_closed_meanwhile_is_given_back(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await _change(stand, tokens, "keeper", "action")
    await _settle(stand)
    [payment] = await stand.harness.find(select(Payment))
    await stand.harness.handle(DeleteUser(user_id=tokens["user_id"], reason="erasure"))
    await _settle(stand)
    gateway = cast(MemoryPaymentGateway, stand.ports.gateways["stripe"])
    gateway.act(payment.reference)
    await _days(stand, 1)

    assert (await _subscription(stand, tokens)).plan == "hobbyist"
    seen = await gateway.look_up(payment.reference)
    assert seen.captured == seen.refunded


async def test_an_invoice_that_nobody_waits_for_takes_nothing_from_the_one_that_is_open(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await _change(stand, tokens, "keeper", "action")
    await _settle(stand)
    await stand.harness.handle(OverridePlan(vivarium_id=tokens["vivarium_id"], plan="hobbyist"))
    await _change(stand, tokens, "breeder", "action")
    await _settle(stand)
    first, second = sorted(await stand.harness.find(select(Payment)), key=lambda each: each.payment_id)
    gateway = cast(MemoryPaymentGateway, stand.ports.gateways["stripe"])
    gateway.act(first.reference, succeeds=False)
    await stand.harness.advance(by=timedelta(minutes=10))
    await _settle(stand)
    gateway.act(second.reference)
    await _days(stand, 1)

    assert (await _subscription(stand, tokens)).plan == "breeder"
    assert (await gateway.look_up(second.reference)).refunded == 0


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_a_card_whose_owner_had_a_plan_charged_back_is_not_charged_again(
    stand: Stand, outcome: Literal["won", "lost"]
) -> None:
    tokens = await _upgraded(stand)
    gateway = cast(MemoryPaymentGateway, stand.ports.gateways["stripe"])
    [payment] = await stand.harness.find(select(Payment))
    gateway.dispute(payment.reference)
    gateway.decide(payment.reference, outcome)
    for body, headers in gateway.webhooks[-2:]:
        async with stand.session.post(f"{stand.url}/webhooks/stripe", data=body, headers=headers) as answer:
            assert answer.status == 200
    await _settle(stand)
    still, asked = (await _subscription(stand, tokens)).plan, _asked(stand)
    await _days(stand, 32)

    assert still != "hobbyist", "what was paid for lasts"
    assert _asked(stand) - asked == (1 if outcome == "won" else 0)
    assert ((await _subscription(stand, tokens)).plan == "hobbyist") == (outcome == "lost")
    assert [each.type for each in stand.harness.events if each.type.startswith("payment.")] == []
