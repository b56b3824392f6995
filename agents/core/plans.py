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
from reptidex.tables.core.payments import Payment
from reptidex.tables.core.vivariums import Vivarium
from reptidex.tables.query import select


@agent(ChangePlan, prefetch={Subscription: "vivarium_id"})
async def change_plan(command: ChangePlan, unit: Unit) -> AsyncIterator[Event]:
    """Change a plan: ask for the money of a higher one, note a lower one for the end of the period."""
    subscription = await unit.need(Subscription, command.vivarium_id)
    if subscription.open_invoice_id:
        raise DomainError("a payment for this subscription is under way; wait for its outcome")
    given = subscription.period_end is None  # free, or an administrator gave it: there is no end to wait for
    if command.plan == subscription.plan:
        told = await _keep(command, subscription, unit)
    elif plans.upgrades(subscription.plan, command.plan) or (given and plans.PLANS[command.plan].price):
        if command.provider is None or not command.method:
            raise InvalidError("a paid plan needs a `provider` and a `method` of payment", "/method")
        told = await _pay(command, _by(command, subscription), unit)
        unit.put(replace(subscription, open_invoice_id=command.invoice_id))  # the card becomes its own once it has paid
    elif given:
        told = await plan_begins(unit, subscription, command.plan, start=unit.now)
    else:
        subscription = replace(subscription, next_plan=command.plan, status="canceled")
        unit.put(subscription)
        reason = "requested" if command.plan == "hobbyist" else "downgrade"
        told = [events.BillingSubscriptionCanceled(**record(subscription), reason=reason)]  # type: ignore[arg-type]
    unit.answer(await unit.need(Subscription, command.vivarium_id))
    for event in told:
        yield event


def _by(command: ChangePlan, subscription: Subscription) -> Subscription:
    return replace(subscription, provider=command.provider or "", method=command.method, payer_id=command.user_id)


async def _pay(command: ChangePlan, subscription: Subscription, unit: Unit) -> list[Event]:
    return await ask_for_payment(
        unit,
        subscription,
        command.plan,
        invoice_id=command.invoice_id,
        payment_id=command.payment_id,
        user_id=command.user_id,
    )


async def _keep(command: ChangePlan, subscription: Subscription, unit: Unit) -> list[Event]:
    """Go on with a plan that was called off, or pay for it by another card: at once where it is overdue, else later."""
    by_another = command.provider is not None and bool(command.method) and subscription.period_end is not None
    if not (subscription.next_plan or by_another):
        raise DomainError(f"this vivarium has the plan {command.plan} already")
    overdue = subscription.attempts > 0
    subscription = replace(subscription, next_plan="", status="past_due" if overdue else "active")
    if by_another:
        subscription = _by(command, subscription)
    unit.put(subscription)
    told: list[Event] = [events.BillingSubscriptionUpdated(**record(subscription), previous_plan=command.plan)]
    return [*told, *(await _pay(command, subscription, unit) if overdue and by_another else [])]


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
    kept = select(Payment, Payment.c.buyer_vivarium_id == command.vivarium_id, Payment.c.method == subscription.method)
    paid = any(payment.status == "completed" for payment in await unit.find(kept))
    for event in await ask_for_payment(
        unit,
        subscription,
        plan,
        invoice_id=unit.new_id(),
        payment_id=unit.new_id(),
        user_id=subscription.payer_id or vivarium.owner_id,
        absent=paid,  # a card that is new may want its owner: their provider has not been told yet that it pays again
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
