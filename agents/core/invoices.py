"""Invoices: written when money is asked for a plan, or when an order is fulfilled; numbered per vivarium without a gap."""

from collections.abc import AsyncIterator
from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.handover import hand_over
from reptidex.agents.core.subscriptions import plan_begins, plan_lapses, record, renewal_timer
from reptidex.domain import plans
from reptidex.streams import core as events
from reptidex.streams.commands.core_billing import IssueOrderInvoice, RefundPayment, RequestPayment, SettleInvoice
from reptidex.streams.commerce import OrderCompleted
from reptidex.streams.contract import Event
from reptidex.streams.values import InvoiceLine, Money
from reptidex.tables.core.billing import Invoice, Subscription
from reptidex.tables.core.payments import Payment
from reptidex.tables.core.vivariums import Membership, membership_id
from reptidex.tables.query import select


def invoice_fields(invoice: Invoice) -> dict[str, Any]:
    """Return the fields that every event about an invoice has."""
    names = ("vivarium_id", "invoice_id", "number", "lines", "total", "tax", "provider_reference")
    return {name: getattr(invoice, name) for name in names} | {
        "order_id": invoice.order_id or None,
        "provider": invoice.provider or None,
    }


async def _next_place(unit: Unit, vivarium_id: str) -> int:
    last = await unit.find(select(Invoice, Invoice.c.vivarium_id == vivarium_id, order=("-place",), limit=1))
    return last[0].place + 1 if last else 1


def _number(unit: Unit, vivarium_id: str, place: int) -> str:
    return f"RX-{unit.now:%Y}-{vivarium_id.rsplit('-', 1)[-1].upper()}-{place:04}"


async def ask_for_payment(
    unit: Unit,
    subscription: Subscription,
    plan: str,
    *,
    invoice_id: str,
    payment_id: str,
    user_id: str,
    absent: bool = False,
) -> list[Event]:
    """Write the invoice for one period of a plan, and have its payment asked for."""
    place = await _next_place(unit, subscription.vivarium_id)
    total = Money(amount=plans.PLANS[plan].price, currency=plans.CURRENCY)
    text = f"Plan {plan.capitalize()}, {plans.PERIOD.days} days"
    invoice = Invoice(
        invoice_id=invoice_id,
        vivarium_id=subscription.vivarium_id,
        number=_number(unit, subscription.vivarium_id, place),
        place=place,
        lines=(InvoiceLine(text=text, amount=total),),
        total=total,
        tax=Money(amount=0, currency=plans.CURRENCY),
        status="open",
        created_at=unit.now,
        due_at=unit.now,
        plan=plan,
        provider=subscription.provider,
    )
    unit.put(invoice)
    unit.put(replace(subscription, open_invoice_id=invoice_id))
    request = RequestPayment(
        order_id=invoice_id,
        payment_id=payment_id,
        transaction_id=invoice_id,
        generation=1,
        amount=total,
        provider=subscription.provider,  # type: ignore[arg-type]
        method=subscription.method,
        buyer_user_id=user_id,
        buyer_vivarium_id=subscription.vivarium_id,
        description=f"{invoice.number}: {text}",
        purpose="plan",
        absent=absent,
    )
    hand_over(unit, request)
    return [events.BillingInvoiceCreated(**invoice_fields(invoice), due_at=invoice.due_at)]


@agent(SettleInvoice, prefetch={Invoice: "invoice_id", Subscription: "vivarium_id"})
async def settle_invoice(command: SettleInvoice, unit: Unit) -> AsyncIterator[Event]:
    """Begin the period that was paid, or try again later, or let the plan lapse."""
    invoice = await unit.need(Invoice, command.invoice_id)
    subscription = await unit.need(Subscription, command.vivarium_id)
    if invoice.status != "open":
        return
    invoice = replace(invoice, provider=command.provider, provider_reference=command.provider_reference)
    if subscription.open_invoice_id != invoice.invoice_id:
        yield await _in_vain(unit, invoice, command)
        return
    if command.paid:
        invoice = replace(invoice, status="paid", paid_at=unit.now)
        unit.put(invoice)
        yield events.BillingInvoicePaid(**invoice_fields(invoice), paid_at=unit.now)
        for event in await plan_begins(
            unit,
            subscription,
            invoice.plan,
            start=unit.now,
            provider_reference=command.provider_reference,
            **await _card_that_paid(unit, invoice),
        ):
            yield event
        return
    unit.put(replace(invoice, status="failed"))
    for event in await _unpaid(unit, subscription, invoice, command.reason):
        yield event


async def _in_vain(unit: Unit, invoice: Invoice, command: SettleInvoice) -> Event:
    """Close an invoice that nobody waits for any more (another plan was given, the vivarium is closed); its money goes back."""
    unit.put(replace(invoice, status="failed"))
    payments = select(Payment, Payment.c.order_id == invoice.invoice_id, Payment.c.status == "completed")
    for payment in await unit.find(payments) if command.paid else ():
        refund = RefundPayment(
            order_id=invoice.invoice_id, payment_id=payment.payment_id, refund_id=unit.new_id(), reason="late"
        )
        hand_over(unit, refund)
    reason = "late" if command.paid else command.reason
    return events.BillingInvoiceFailed(**invoice_fields(invoice), reason=reason)


async def _card_that_paid(unit: Unit, invoice: Invoice) -> dict[str, str]:
    """Return by what, and whose, an invoice was paid, as the subscription keeps it; nothing where its owner has left since."""
    for payment in await unit.find(select(Payment, Payment.c.order_id == invoice.invoice_id)):
        payer = membership_id(invoice.vivarium_id, payment.buyer_user_id)
        if payment.status == "completed" and await unit.get(Membership, payer) is not None:
            return {"provider": payment.provider, "method": payment.method, "payer_id": payment.buyer_user_id}
    return {}


async def _unpaid(unit: Unit, subscription: Subscription, invoice: Invoice, reason: str) -> list[Event]:
    failed = events.BillingInvoiceFailed(**invoice_fields(invoice), reason=reason)
    due = subscription.period_end is not None and subscription.period_end <= unit.now
    if not due:  # an upgrade that was not paid: everything stays as it was
        unit.put(replace(subscription, open_invoice_id=""))
        return [failed]
    attempts = subscription.attempts + 1
    failed = replace(failed, attempt=attempts)
    if attempts >= plans.ATTEMPTS:
        return [failed, *await plan_lapses(unit, subscription)]
    again = unit.now + plans.GRACE
    subscription = replace(subscription, status="past_due", attempts=attempts, open_invoice_id="")
    unit.put(subscription)
    renewal_timer(unit, subscription, again)
    updated = events.BillingSubscriptionUpdated(**record(subscription), previous_plan=subscription.plan)  # type: ignore[arg-type]
    return [replace(failed, next_attempt_at=again), updated]


@agent(OrderCompleted)
async def invoice_the_order(event: OrderCompleted, unit: Unit) -> None:
    """Have the invoice of a fulfilled order written by the writer of the buyer's vivarium."""
    lines = [InvoiceLine(text=line.title or line.species, amount=line.price) for line in event.lines]
    if event.shipping.amount:
        lines.append(InvoiceLine(text="Shipping", amount=event.shipping))
    hand_over(
        unit,
        IssueOrderInvoice(
            vivarium_id=event.buyer.vivarium_id,
            order_id=event.order_id,
            lines=tuple(lines),
            total=event.total,
            tax=event.tax,
            completed_at=event.completed_at,
        ),
    )


@agent(IssueOrderInvoice)
async def issue_order_invoice(command: IssueOrderInvoice, unit: Unit) -> AsyncIterator[Event]:
    """Write the invoice of an order once, paid as it is."""
    if await unit.find(select(Invoice, Invoice.c.order_id == command.order_id, limit=1)):
        return
    paid = await unit.find(select(Payment, Payment.c.order_id == command.order_id, Payment.c.status == "completed"))
    place = await _next_place(unit, command.vivarium_id)
    invoice = Invoice(
        invoice_id=unit.new_id(),
        vivarium_id=command.vivarium_id,
        number=_number(unit, command.vivarium_id, place),
        place=place,
        lines=command.lines,
        total=command.total,
        tax=command.tax,
        status="paid",
        created_at=unit.now,
        paid_at=paid[0].captured_at if paid else command.completed_at,
        order_id=command.order_id,
        provider=paid[0].provider if paid else "",
        provider_reference=paid[0].reference if paid else "",
    )
    unit.put(invoice)
    yield events.BillingInvoiceCreated(**invoice_fields(invoice))
    yield events.BillingInvoicePaid(**invoice_fields(invoice), paid_at=invoice.paid_at or command.completed_at)
