"""How a sale goes on: one small rule for each thing that can be heard."""

from collections.abc import Callable
from dataclasses import replace

from reptidex.domain.sale.heard import (
    CalledOff,
    Contested,
    DeadlinePassed,
    Heard,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldUnknown,
    PaymentCaptured,
    PaymentEnded,
    PaymentRefunded,
    PaymentUnknown,
    RefundGranted,
    Resolved,
    Transferred,
    TransferRejected,
)
from reptidex.domain.sale.state import Act, Money, Reason, Sale, Step

Advance = tuple[Sale, tuple[Act, ...]]


def begin() -> Advance:
    """Begin a sale: reserve the stock and ask for the hold."""
    return Sale("holding", 1, "asked", "none"), (Act.RESERVE, Act.HOLD, Act.ARM)


def advance(sale: Sale, heard: Heard) -> Advance:
    """Return the sale after something was heard, and the acts that follow. What changes nothing gives no acts."""
    rule: Callable[[Sale, Heard], Advance] = _RULES[type(heard)]
    return rule(sale, heard)


def _stay(sale: Sale, *acts: Act) -> Advance:
    return sale, acts


def _go(sale: Sale, step: Step, *acts: Act) -> Advance:
    """Enter a step: a new generation, and a deadline as long as anything is owed."""
    after = replace(sale, step=step, generation=sale.generation + 1)
    return after, (*acts, Act.ARM if after.waits else Act.DISARM)


def _let_go(sale: Sale) -> tuple[Sale, tuple[Act, ...]]:
    """Release the hold if there is, or may be, one. What concerns money is asked first: acts are carried out in order."""
    if sale.hold in ("none", "released"):
        return sale, ()
    return replace(sale, hold="releasing"), (Act.RELEASE_HOLD,)


def _fail(sale: Sale, reason: Reason) -> Advance:
    """End a sale of which no money was taken and none can be."""
    money: Money = "void" if sale.money == "asked" else sale.money
    after, acts = _let_go(replace(sale, reason=reason, money=money))
    return _go(after, "failed", *acts, Act.FREE_STOCK, Act.DECLARE_FAILED)


def _call_off(sale: Sale, reason: Reason) -> Advance:
    """Free everything at once; where money was asked for, the sale is over only when its fate is known."""
    if sale.step == "holding":
        return _fail(sale, reason)
    after, acts = _let_go(replace(sale, reason=reason))
    return _go(after, "voiding", Act.FREE_STOCK, Act.CANCEL_PAYMENT, *acts)


def _hold_granted(sale: Sale, heard: HoldGranted) -> Advance:
    if sale.step == "holding" and heard.generation == sale.generation:
        return _go(replace(sale, hold="held", money="asked"), "paying", Act.REQUEST_PAYMENT)
    return _release_again(sale)


def _release_again(sale: Sale) -> Advance:
    """Release what was held after we had stopped asking: the release may have been carried out before the hold."""
    if sale.hold == "held" or sale.step in ("holding", "completed"):
        return _stay(sale)
    return replace(sale, hold="releasing"), (Act.RELEASE_HOLD, Act.ARM) if sale.final else (Act.RELEASE_HOLD,)


def _hold_refused(sale: Sale, heard: HoldRefused) -> Advance:
    if sale.step == "holding" and heard.generation == sale.generation:
        return _fail(sale, heard.reason)  # and released: an earlier try of the same request may have been granted
    return _stay(sale)


def _hold_unknown(sale: Sale, heard: HoldUnknown) -> Advance:
    if sale.step == "holding" and heard.generation == sale.generation:
        return _fail(sale, "unavailable")
    return _release_again(sale)


def _hold_released(sale: Sale, heard: HoldReleased) -> Advance:
    if sale.hold != "releasing":
        return _stay(sale)
    after = replace(sale, hold="released")
    return _stay(after) if after.waits else _stay(after, Act.DISARM)


def _payment_captured(sale: Sale, heard: PaymentCaptured) -> Advance:
    if sale.money in ("captured", "refunded"):
        return _stay(sale)
    paid = replace(sale, money="captured")
    if sale.step in ("paying", "checking"):
        return _go(paid, "transferring", Act.ORDER_TRANSFER)
    if sale.step == "holding":
        after, acts = _let_go(replace(paid, reason="provider"))
        return _go(after, "refunding", Act.FREE_STOCK, Act.REFUND_PAYMENT, *acts)
    return _go(paid, "refunding", Act.REFUND_PAYMENT)


def _payment_ended(sale: Sale, heard: PaymentEnded) -> Advance:
    if sale.step in ("paying", "checking"):
        return _fail(sale, heard.reason)
    if sale.step == "voiding":
        return _go(replace(sale, money="void"), "failed", Act.DECLARE_FAILED)
    return _stay(sale)


def _payment_unknown(sale: Sale, heard: PaymentUnknown) -> Advance:
    return _go(sale, "checking", Act.LOOK_UP_PAYMENT) if sale.step == "paying" else _stay(sale)


def _payment_refunded(sale: Sale, heard: PaymentRefunded) -> Advance:
    if sale.money == "refunded":
        return _stay(sale)
    after = replace(sale, money="refunded")
    if sale.step in ("refunding", "voiding", "failed"):
        return _go(after, "refunded", Act.DECLARE_REFUNDED)
    if sale.step == "transferring":  # paid back behind our back: without the hold the transfer is refused, if it can be
        after, acts = _let_go(after)
        return _stay(after, *acts)
    if sale.step == "completed":  # the animal stays where it is: a refund after completion is between the parties
        return _go(after, "completed", Act.DECLARE_REFUNDED)
    after, acts = _let_go(replace(after, reason="provider"))  # heard before the capture that it undoes
    return _go(after, "refunded", *acts, Act.FREE_STOCK, Act.DECLARE_REFUNDED)


def _transferred(sale: Sale, heard: Transferred) -> Advance:
    if sale.step != "transferring":
        return _stay(sale)
    also = (Act.DECLARE_REFUNDED,) if sale.money == "refunded" else ()
    return _go(replace(sale, hold="released"), "completed", Act.SELL_STOCK, *also)


def _transfer_rejected(sale: Sale, heard: TransferRejected) -> Advance:
    if sale.step != "transferring":
        return _stay(sale)
    after, acts = _let_go(replace(sale, reason="rejected"))
    if sale.money == "refunded":
        return _go(after, "refunded", *acts, Act.FREE_STOCK, Act.DECLARE_REFUNDED)
    return _go(after, "refunding", Act.FREE_STOCK, Act.REFUND_PAYMENT, *acts)


def _deadline_passed(sale: Sale, heard: DeadlinePassed) -> Advance:
    if heard.generation != sale.generation:
        return _stay(sale)
    again = (Act.RELEASE_HOLD,) if sale.hold == "releasing" else ()
    match sale.step:
        case "holding":
            return _fail(sale, "unavailable")
        case "paying":
            return _go(sale, "checking", Act.LOOK_UP_PAYMENT)
        case "checking":
            return _call_off(sale, "expired")
        case "voiding":
            return _go(sale, "voiding", Act.CANCEL_PAYMENT, *again)
        case "refunding":
            return _go(sale, "refunding", Act.REFUND_PAYMENT, *again)
        case "transferring":
            return _go(sale, "transferring", Act.SETTLE_TRANSFER)
        case _:
            owed = (Act.REFUND_PAYMENT,) if sale.owes_refund else ()
            return _go(sale, sale.step, *owed, *again) if sale.waits else _stay(sale)


def _called_off(sale: Sale, heard: CalledOff) -> Advance:
    return _call_off(sale, heard.reason) if sale.can_be_called_off else _stay(sale)


def _contested(sale: Sale, heard: Contested) -> Advance:
    if sale.disputed or sale.money not in ("captured", "refunded"):
        return _stay(sale)
    return _stay(replace(sale, disputed=True), Act.DECLARE_DISPUTED)


def _resolved(sale: Sale, heard: Resolved) -> Advance:
    return _stay(replace(sale, disputed=False), Act.DECLARE_RESOLVED) if sale.disputed else _stay(sale)


def _refund_granted(sale: Sale, heard: RefundGranted) -> Advance:
    if sale.step != "completed" or sale.money != "captured" or sale.owes_refund:
        return _stay(sale)
    return _go(replace(sale, reason="requested"), "completed", Act.REFUND_PAYMENT)


_RULES: dict[type, Callable[..., Advance]] = {
    HoldGranted: _hold_granted,
    HoldRefused: _hold_refused,
    HoldUnknown: _hold_unknown,
    HoldReleased: _hold_released,
    PaymentCaptured: _payment_captured,
    PaymentEnded: _payment_ended,
    PaymentUnknown: _payment_unknown,
    PaymentRefunded: _payment_refunded,
    Transferred: _transferred,
    TransferRejected: _transfer_rejected,
    DeadlinePassed: _deadline_passed,
    CalledOff: _called_off,
    Contested: _contested,
    Resolved: _resolved,
    RefundGranted: _refund_granted,
}
