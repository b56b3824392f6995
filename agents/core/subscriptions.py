"""A vivarium's subscription in the words of its events."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.domain import plans
from reptidex.streams import core as events
from reptidex.streams.commands.core_billing import RenewPlan
from reptidex.streams.contract import Event
from reptidex.tables.core.billing import Subscription
from reptidex.tables.core.vivariums import Vivarium


def entitlements(plan: str) -> events.Entitlements:
    """Return what a plan lets a vivarium do, as events carry it."""
    return msgspec.convert(plans.PLANS[plan], events.Entitlements, from_attributes=True)


def record(subscription: Subscription) -> dict[str, Any]:
    """Return the fields that every event about a subscription has."""
    return {
        "vivarium_id": subscription.vivarium_id,
        "subscription_id": subscription.subscription_id,
        "plan": subscription.plan,
        "status": subscription.status,
        "entitlements": entitlements(subscription.plan),
        "period_end": subscription.period_end,
        "provider": subscription.provider or None,
        "provider_reference": subscription.provider_reference,
    }


def subscription_created(subscription: Subscription) -> events.BillingSubscriptionCreated:
    """Return the event that tells of a new subscription."""
    return events.BillingSubscriptionCreated(**record(subscription))


def org_updated(vivarium: Vivarium, *changed: str) -> events.OrgUpdated:
    """Return the event that tells a vivarium's new state."""
    names = ("vivarium_id", "name", "kind", "plan", "owner_id", "status")
    fields: dict[str, Any] = {name: getattr(vivarium, name) for name in names}
    return events.OrgUpdated(**fields, changed=changed)


def renewal_timer(unit: Unit, subscription: Subscription, at: datetime | None) -> None:
    """Set when the subscription is looked at next; None: never, it has no end."""
    name = f"plan/{subscription.vivarium_id}"
    if at is None:
        unit.cancel_timer(name)
        return
    renew = RenewPlan(vivarium_id=subscription.vivarium_id, subscription_id=subscription.subscription_id)
    unit.timer(name, at, renew)


async def plan_begins(
    unit: Unit, subscription: Subscription, plan: str, *, start: datetime, **more: Any
) -> list[Event]:
    """Begin a period of a plan, and return the events that say so."""
    previous = subscription.plan
    subscription = replace(
        subscription,
        plan=plan,
        status="active",
        next_plan="",
        attempts=0,
        open_invoice_id="",
        period_end=plans.period_end(plan, start),
        **more,
    )
    unit.put(subscription)
    renewal_timer(unit, subscription, subscription.period_end)
    told: list[Event] = [events.BillingSubscriptionUpdated(**record(subscription), previous_plan=previous)]  # type: ignore[arg-type]
    return told + await plan_changed(unit, subscription, previous)


async def plan_lapses(unit: Unit, subscription: Subscription) -> list[Event]:
    """Fall back to the free plan, and return the events that say so."""
    previous = subscription.plan
    subscription = replace(
        subscription,
        plan="hobbyist",
        status="active",
        next_plan="",
        attempts=0,
        open_invoice_id="",
        period_end=None,
    )
    unit.put(subscription)
    renewal_timer(unit, subscription, None)
    lapsed = record(subscription) | {"status": "lapsed"}
    told: list[Event] = [events.BillingSubscriptionLapsed(**lapsed, previous_plan=previous)]  # type: ignore[arg-type]
    return told + await plan_changed(unit, subscription, previous)


async def forget_payer(unit: Unit, vivarium_id: str, user_id: str) -> None:
    """Drop the means of payment that a person has given who has left. What is paid lasts, and then lapses."""
    subscription = await unit.get(Subscription, vivarium_id)
    if subscription is None or not subscription.method:
        return
    vivarium = await unit.need(Vivarium, vivarium_id)
    if (subscription.payer_id or vivarium.owner_id) == user_id:
        unit.put(replace(subscription, provider="", method="", payer_id=""))


async def subscription_ends(unit: Unit, vivarium_id: str) -> list[Event]:
    """End the subscription of a vivarium that is closed, and return what is to be told: nobody pays for it any more."""
    subscription = await unit.get(Subscription, vivarium_id)
    if subscription is None:
        return []
    unpaid = replace(subscription, provider="", method="", payer_id="", open_invoice_id="")
    if subscription.plan != "hobbyist":
        return await plan_lapses(unit, unpaid)
    unit.put(unpaid)
    return []


async def plan_changed(unit: Unit, subscription: Subscription, previous: str) -> list[Event]:
    """Copy a new plan to the vivarium, which tells it to everybody."""
    vivarium = await unit.get(Vivarium, subscription.vivarium_id)
    if vivarium is None or subscription.plan == previous:
        return []
    vivarium = replace(vivarium, plan=subscription.plan)
    unit.put(vivarium)
    return [org_updated(vivarium, "plan")]
