"""Payments for orders: asked for, called off, given back. What is seen at the provider is judged in `payment_news`."""

from datetime import timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core import gateways
from reptidex.connectors.payments.port import Charge
from reptidex.domain.payments import BLOCKING, OPEN, as_asked
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams.commands.core_billing import (
    CancelPayment,
    CheckPayment,
    PaymentStatus,
    RefundPayment,
    RequestPayment,
)
from reptidex.tables.core.payments import Payment
from reptidex.tables.core.people import User
from reptidex.tables.query import select

FIRST_LOOK = timedelta(seconds=60)
RAREST_LOOK = timedelta(hours=1)
PLAN_WAITS = timedelta(days=1)
"""How long a payment for a plan waits for its buyer to act; one for an order is called off by its sale."""


class PaymentClashError(DomainError):
    """Another payment stands for the same order: money is taken once."""

    title = "The order is being paid"

    def __init__(self, order_id: str, payment_id: str) -> None:
        super().__init__(f"payment {payment_id} stands for order {order_id}; cancel it before another is asked for")
        self.order_id, self.payment_id = order_id, payment_id


def payment_status(payment: Payment) -> PaymentStatus:
    """Say how a payment stands, to whom it concerns."""
    return PaymentStatus(
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        status=as_asked(payment.status),
        reason=payment.reason,
        action_url=payment.action_url if payment.status == "awaiting" else "",
        refunded=payment.refunded,
        refund_reference=payment.refund_reference,
    )


def charge_of(payment: Payment) -> Charge:
    """Return what the provider is asked for; the same each time, since the provider compares."""
    return Charge(
        order=payment.order_id,
        transaction=payment.transaction_id,
        money=payment.amount,
        description=payment.description,
        method=payment.method,
        payer=payment.buyer_user_id if payment.purpose == "plan" else "",
        absent=payment.absent,
    )


def look_later(unit: Unit, payment: Payment) -> None:
    """Set when the payment is looked up if no news comes: soon at first, then ever more rarely."""
    wait = min(FIRST_LOOK * 2 ** min(payment.looks, 10), RAREST_LOOK)
    check = CheckPayment(order_id=payment.order_id, payment_id=payment.payment_id)
    unit.timer(f"payment/{payment.payment_id}", unit.now + wait, check)


async def payment_of(unit: Unit, order_id: str, payment_id: str) -> Payment:
    """Return a payment of an order. Raises `NotFoundError`."""
    payment = await unit.get(Payment, payment_id)
    if payment is None or payment.order_id != order_id:
        raise NotFoundError("payment", payment_id)
    return payment


@agent(RequestPayment, prefetch={Payment: "payment_id"})
async def request_payment(command: RequestPayment, unit: Unit) -> None:
    """Have money taken for an order; asked again, say how it stands."""
    known = await unit.get(Payment, command.payment_id)
    if known is not None:
        if known.order_id != command.order_id or known.amount != command.amount:
            raise DomainError("this payment was asked for before, for another order or sum")
        unit.answer(payment_status(known))
        return
    for other in await unit.find(select(Payment, Payment.c.order_id == command.order_id)):
        if other.status in BLOCKING:
            raise PaymentClashError(command.order_id, other.payment_id)
    buyer = await unit.get(User, command.buyer_user_id)
    if command.purpose == "order" and (buyer is None or buyer.status != "active"):
        raise DomainError("the buyer's account is not active")
    payment = Payment(
        payment_id=command.payment_id,
        order_id=command.order_id,
        transaction_id=command.transaction_id,
        generation=command.generation,
        purpose=command.purpose,
        absent=command.absent,
        amount=command.amount,
        provider=command.provider,
        method=command.method,
        buyer_user_id=command.buyer_user_id,
        buyer_vivarium_id=command.buyer_vivarium_id,
        seller_vivarium_id=command.seller_vivarium_id,
        description=command.description,
        status="authorising",
        asked_at=unit.now,
        correlation_id=unit.cause.correlationid or "",
    )
    unit.put(payment)
    unit.effect(gateways.Authorise(**payment.at_provider("authorise"), charge=charge_of(payment)))
    look_later(unit, payment)
    unit.answer(payment_status(payment))


@agent(CancelPayment, prefetch={Payment: "payment_id"})
async def cancel_payment(command: CancelPayment, unit: Unit) -> None:
    """Call a payment off. What was captured in the same moment is given back by itself."""
    payment = await payment_of(unit, command.order_id, command.payment_id)
    if payment.status in ("authorising", "awaiting", "capturing"):
        payment = _call_off(unit, payment)
    unit.answer(payment_status(payment))


def _call_off(unit: Unit, payment: Payment) -> Payment:
    payment = replace(payment, status="canceling", reason="canceled", looks=0)
    unit.put(payment)
    if payment.reference:
        unit.effect(gateways.LetGo(**payment.at_provider("cancel"), reference=payment.reference))
    look_later(unit, payment)
    return payment


@agent(RefundPayment, prefetch={Payment: "payment_id"})
async def refund_payment(command: RefundPayment, unit: Unit) -> None:
    """Give the whole sum back, or a part; asked again, say how it stands."""
    payment = await payment_of(unit, command.order_id, command.payment_id)
    if payment.status == "completed" and command.amount not in (None, payment.left):
        _give_part_back(unit, payment, command.refund_id, command.amount or 0)
    elif payment.status == "completed":
        payment = begin_refund(unit, payment, command.refund_id, command.reason)
    elif payment.status not in ("refunding", "refunded"):
        raise DomainError(f"a payment that is {as_asked(payment.status)} has nothing to give back")
    unit.answer(payment_status(payment))


def _give_part_back(unit: Unit, payment: Payment, refund_id: str, amount: int) -> None:
    """Have a part given back: what is back then is read at the provider, so a part that is asked for again is counted once."""
    if payment.charged_back:
        raise DomainError("a bank has taken a part of this payment: what is left is given back whole")
    if amount > payment.left:
        raise DomainError(
            f"{payment.left} {payment.amount.currency} (minor units) of this payment are left to be given back"
        )
    key = payment.at_provider(f"refund/{refund_id}")
    unit.effect(gateways.GiveBackPart(**key, reference=payment.reference, amount=amount))


def begin_refund(unit: Unit, payment: Payment, refund_id: str, reason: str) -> Payment:
    """Have captured money given back, and return the payment as it is from now on."""
    why = payment.refund_reason if payment.charged_back else reason
    payment = replace(payment, status="refunding", refund_id=refund_id, refund_reason=why, looks=0)
    unit.put(payment)
    give_back(unit, payment)
    look_later(unit, payment)
    return payment


def give_back(unit: Unit, payment: Payment) -> None:
    """Ask the provider to refund; a refund that it said had failed is asked for under a new key."""
    step = f"refund{payment.refund_tries or ''}"
    amount = payment.left if payment.charged_back else None  # the provider's books know of no part that a bank took
    unit.effect(gateways.GiveBack(**payment.at_provider(step), reference=payment.reference, amount=amount))


def look_up(unit: Unit, payment: Payment) -> None:
    """Ask the provider how the payment stands; one that the buyer approved unheard goes on, unless it is called off."""
    goes_on = payment.status in ("authorising", "awaiting")
    unit.effect(
        gateways.LookUp(
            **payment.at_provider("authorise"),
            charge=charge_of(payment),
            reference=payment.reference,
            confirm_key=payment.at_provider("confirm")["key"] if goes_on else "",
        )
    )


@agent(CheckPayment, prefetch={Payment: "payment_id"})
async def check_payment(command: CheckPayment, unit: Unit) -> None:
    """Go on with a payment that no news came of: do the act that is due once more, under its old key, or look it up."""
    payment = await unit.get(Payment, command.payment_id)
    if payment is None or payment.status not in OPEN:
        return
    unheard = payment.status in ("authorising", "awaiting")
    if payment.purpose == "plan" and unheard and unit.now >= payment.asked_at + PLAN_WAITS:
        _call_off(unit, payment)
        return
    payment = replace(payment, looks=payment.looks + 1)
    unit.put(payment)
    match payment.status:
        case "capturing":
            unit.effect(gateways.Capture(**payment.at_provider("capture"), reference=payment.reference))
        case "canceling" if payment.reference:
            unit.effect(gateways.LetGo(**payment.at_provider("cancel"), reference=payment.reference))
        case "refunding":
            give_back(unit, payment)
        case _:
            look_up(unit, payment)
    look_later(unit, payment)
