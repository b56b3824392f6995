"""Plans, subscriptions and invoices of the vivarium that the token speaks for."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.plans import CURRENCY, PLANS, entitlement_names
from reptidex.errors import NotFoundError
from reptidex.http.core.payments import acts_at, check_provider
from reptidex.http.core.vivariums import own_role
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.core_billing import ChangePlan
from reptidex.streams.values import InvoiceLine, Money, Plan, Provider
from reptidex.tables.core.billing import Invoice, Subscription
from reptidex.tables.core.payments import Payment
from reptidex.tables.query import select

routes = Routes("billing")


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A plan and what it lets a vivarium do; a limit of null means without limit."""

    name: str
    price: Money
    """A month (30 days)."""
    animals: int | None
    listings: int | None
    members: int | None
    storage_bytes: int | None
    entitlements: list[str]


class PlanBody(msgspec.Struct, frozen=True, kw_only=True):
    """The plan that is wanted, and how it is paid."""

    plan: Plan
    provider: Provider | None = None
    method: Annotated[str, Meta(max_length=200)] = ""
    """The provider's token of a means of payment (`pm_card_visa`)."""


class SubscriptionView(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription as it stands."""

    subscription_id: str
    vivarium_id: str
    plan: str
    status: str
    period_end: datetime | None = None
    next_plan: str = ""
    open_invoice_id: str = ""
    """The invoice whose payment is under way: a higher plan counts once it is paid."""
    provider: str = ""


class InvoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice."""

    invoice_id: str
    number: str
    status: str
    lines: tuple[InvoiceLine, ...]
    total: Money
    tax: Money
    created_at: datetime
    paid_at: datetime | None = None
    order_id: str = ""
    action_url: str = ""
    """Where its buyer has to act at the provider, while they have to (`GET /billing/invoices/{invoice_id}`)."""


@routes.get("/billing/plans", policy=public())
async def list_plans(request: Request[None, None]) -> Page[PlanView]:
    """List the plans."""
    items = [
        PlanView(
            name=plan.name,
            price=Money(amount=plan.price, currency=CURRENCY),
            animals=plan.animals,
            listings=plan.listings,
            members=plan.members,
            storage_bytes=plan.storage_bytes,
            entitlements=entitlement_names(plan.name),
        )
        for plan in PLANS.values()
    ]
    return Page(items=items)


@routes.get("/billing/subscriptions", policy=member("curator"))
async def list_subscriptions(request: Request[None, None]) -> Page[SubscriptionView]:
    """Return the vivarium's subscription; keepers and handlers see nothing of money."""
    # A token says for minutes yet what is no longer so; here it is known, and money is at stake.
    await own_role(request, request.caller.vivarium_id, "curator")
    found = await request.read.get(Subscription, request.caller.vivarium_id)
    return Page(items=[msgspec.convert(found, SubscriptionView, from_attributes=True)] if found else [])


@routes.put("/billing/subscriptions", policy=member("herpetologist"), errors=(409, 422))
async def change_plan(request: Request[PlanBody, None]) -> SubscriptionView:
    """Change the plan. A higher one is paid at once and counts then; a lower one counts from the end of the period."""
    await own_role(request, request.caller.vivarium_id, "herpetologist")
    if request.body.provider is not None:
        check_provider(request, request.body.provider)
    command = ChangePlan(
        vivarium_id=request.caller.vivarium_id,
        plan=request.body.plan,
        invoice_id=request.new_id(),
        payment_id=request.new_id(),
        user_id=request.caller.subject,
        provider=request.body.provider,
        method=request.body.method,
    )
    return await request.ask(command, SubscriptionView)


@routes.get("/billing/invoices", policy=member("curator"))
async def list_invoices(request: Request[None, Paging]) -> Page[InvoiceView]:
    """List the vivarium's invoices, the newest first."""
    await own_role(request, request.caller.vivarium_id, "curator")
    mine = select(Invoice, Invoice.c.vivarium_id == request.caller.vivarium_id, order=("-invoice_id",))
    found, following = await request.read.page(mine, request.query)
    return Page(items=[msgspec.convert(each, InvoiceView, from_attributes=True) for each in found], next=following)


@routes.get("/billing/invoices/{invoice_id}", policy=member("curator"), errors=(404,))
async def get_invoice(request: Request[None, None]) -> InvoiceView:
    """Return an invoice of the vivarium."""
    await own_role(request, request.caller.vivarium_id, "curator")
    invoice_id = request.path["invoice_id"]
    found = await request.read.get(Invoice, invoice_id)
    if found is None or found.vivarium_id != request.caller.vivarium_id:
        raise NotFoundError("invoice", invoice_id)
    shown = msgspec.convert(found, InvoiceView, from_attributes=True)
    if found.status != "open":
        return shown
    payments = await request.read.find(select(Payment, Payment.c.order_id == invoice_id, limit=1))
    return msgspec.structs.replace(shown, action_url=acts_at(payments[0]) if payments else "")
