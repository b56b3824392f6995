"""Plans of vivariums: a higher one counts once it is paid, a lower one from the end of the period, unpaid ones lapse."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.invoices import ask_for_payment
from reptidex.agents.core.subscriptions import plan_begins, plan_lapses, record
from reptidex.domain import plans
from reptidex.errors import DomainError, InvalidError
from reptidex.streams import core as events
from reptidex.streams.commands.core_billing import ChangePlan, OverridePlan, RenewPlan
from reptidex.streams.contract import Event
from reptidex.tables.core.billing import Subscription
from reptidex.tables.core.vivariums import Vivarium


@agent(ChangePlan, prefetch={Subscription: "vivarium_id"})
async def change_plan(command: ChangePlan, unit: Unit) -> AsyncIterator[Event]:
    """Change a plan: ask for the money of a higher one, note a lower one for the end of the period."""
    subscription = await unit.need(Subscription, command.vivarium_id)
    if subscription.open_invoice_id:
        raise DomainError("a payment for this subscription is under way; wait for its outcome")
    if plans.upgrades(subscription.plan, command.plan):
        if command.provider is None or not command.method:
            raise InvalidError("a paid plan needs a `provider` and a `method` of payment", "/method")
        subscription = replace(subscription, provider=command.provider, method=command.method, payer_id=command.user_id)
        for event in await ask_for_payment(
            unit,
            subscription,
            command.plan,
            invoice_id=command.invoice_id,
            payment_id=command.payment_id,
            user_id=command.user_id,
        ):
            yield event
        unit.answer(await unit.need(Subscription, command.vivarium_id))
        return
    if command.plan == subscription.plan:
        if not subscription.next_plan:
            raise DomainError(f"this vivarium has the plan {command.plan} already")
        subscription = replace(subscription, next_plan="", status="active")
        told: Event = events.BillingSubscriptionUpdated(**record(subscription), previous_plan=command.plan)
    else:
        subscription = replace(subscription, next_plan=command.plan, status="canceled")
        reason = "requested" if command.plan == "hobbyist" else "downgrade"
        told = events.BillingSubscriptionCanceled(**record(subscription), reason=reason)  # type: ignore[arg-type]
    unit.put(subscription)
    unit.answer(subscription)
    yield told


@agent(RenewPlan, prefetch={Subscription: "vivarium_id"})
async def renew_plan(command: RenewPlan, unit: Unit) -> AsyncIterator[Event]:
    """End a period: the next one has to be paid, or the plan lapses."""
    subscription = await unit.get(Subscription, command.vivarium_id)
    if subscription is None or subscription.subscription_id != command.subscription_id:
        return
    if subscription.period_end is None or subscription.period_end > unit.now or subscription.open_invoice_id:
        return
    plan = subscription.next_plan or subscription.plan
    if not plans.PLANS[plan].price or not subscription.method:
        for event in await plan_lapses(unit, subscription):
            yield event
        return
    vivarium = await unit.need(Vivarium, command.vivarium_id)
    for event in await ask_for_payment(
        unit,
        subscription,
        plan,
        invoice_id=unit.new_id(),
        payment_id=unit.new_id(),
        user_id=subscription.payer_id or vivarium.owner_id,
    ):
        yield event


@agent(OverridePlan, prefetch={Subscription: "vivarium_id"})
async def override_plan(command: OverridePlan, unit: Unit) -> AsyncIterator[Event]:
    """Give a vivarium a plan as an administrator decided; a given plan has no end."""
    subscription = await unit.need(Subscription, command.vivarium_id)
    for event in await plan_begins(unit, subscription, command.plan, start=unit.now, provider="", method=""):
        yield event
    begun = await unit.need(Subscription, command.vivarium_id)
    unit.cancel_timer(f"plan/{command.vivarium_id}")
    unit.put(replace(begun, period_end=None))
