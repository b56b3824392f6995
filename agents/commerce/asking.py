"""Acts of a sale that ask something of others, or of a later time."""

from datetime import UTC
from typing import Literal

from reptidex.agents.commerce import effects
from reptidex.agents.commerce.saga_state import state_of
from reptidex.agents.commerce.step import Step
from reptidex.agents.commerce.track import move_order
from reptidex.domain.sale.patience import HOLD_GRACE, deadline
from reptidex.streams.commands.commerce_sales import PassDeadline
from reptidex.streams.contract import Event
from reptidex.streams.values import Money
from reptidex.tables.commerce.sales import SaleRow


async def hold(step: Step) -> list[Event]:
    """Ask animal to hold the animal for this generation."""
    sale = step.sale
    step.unit.effect(
        effects.HoldAnimal(
            animal_id=sale.animal_id,
            transaction_id=sale.transaction_id,
            generation=sale.generation,
            until=(sale.reserved_until + HOLD_GRACE).astimezone(UTC),
            vivarium_id=sale.seller_vivarium_id,
        )
    )
    return []


async def release_hold(step: Step) -> list[Event]:
    """Ask animal to let go."""
    sale = step.sale
    step.unit.effect(effects.ReleaseHold(animal_id=sale.animal_id, transaction_id=sale.transaction_id))
    return []


async def settle_transfer(step: Step) -> list[Event]:
    """Take the hold away and see whose the animal is."""
    sale = step.sale
    step.unit.effect(
        effects.SettleTransfer(
            animal_id=sale.animal_id, transaction_id=sale.transaction_id, buyer_vivarium_id=sale.buyer_vivarium_id
        )
    )
    return []


async def request_payment(step: Step) -> list[Event]:
    """Ask core for the money: the animal is held, so what is paid for can be handed over."""
    sale = step.sale
    events = await move_order(step, "held")
    step.unit.effect(
        effects.RequestPayment(
            animal_id=sale.animal_id,
            transaction_id=sale.transaction_id,
            payment_id=sale.payment_id,
            order_id=sale.order_id,
            generation=sale.generation,
            amount=Money(amount=sale.amount, currency=sale.currency),
            provider=sale.provider,
            method=sale.method,
            buyer_user_id=sale.buyer_user_id,
            buyer_vivarium_id=sale.buyer_vivarium_id,
            seller_vivarium_id=sale.seller_vivarium_id,
            description=f"ReptiDex order {sale.order_id}",
        )
    )
    return events


async def look_up_payment(step: Step) -> list[Event]:
    """Ask core how the payment stands."""
    sale = step.sale
    step.unit.effect(
        effects.LookUpPayment(animal_id=sale.animal_id, transaction_id=sale.transaction_id, payment_id=sale.payment_id)
    )
    return []


async def cancel_payment(step: Step) -> list[Event]:
    """Ask core to call the payment off."""
    sale = step.sale
    step.unit.effect(
        effects.CancelPayment(
            animal_id=sale.animal_id,
            transaction_id=sale.transaction_id,
            payment_id=sale.payment_id,
            reason=sale.reason or "expired",
        )
    )
    return []


async def refund_payment(step: Step) -> list[Event]:
    """Ask core to pay the whole sum back."""
    sale = step.sale
    step.unit.effect(
        effects.RefundPayment(
            animal_id=sale.animal_id,
            transaction_id=sale.transaction_id,
            payment_id=sale.payment_id,
            refund_id=sale.refund_id,
            reason=_why_back(sale),
        )
    )
    return []


def _why_back(sale: SaleRow) -> Literal["requested", "rejected", "late"]:
    if state_of(sale).owes_refund:
        return "requested"
    return "rejected" if sale.reason == "rejected" else "late"


async def arm(step: Step) -> list[Event]:
    """Set the deadline of the step just entered."""
    sale = step.sale
    passed = PassDeadline(animal_id=sale.animal_id, transaction_id=sale.transaction_id, generation=sale.generation)
    step.unit.timer(_timer(step), deadline(state_of(sale), step.unit.now, sale.reserved_until), passed)
    return []


async def disarm(step: Step) -> list[Event]:
    """Drop the deadline."""
    step.unit.cancel_timer(_timer(step))
    return []


def _timer(step: Step) -> str:
    return f"sale/{step.sale.transaction_id}"
