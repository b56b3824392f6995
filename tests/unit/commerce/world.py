"""A small world for sales to go wrong in: one animal, its owner, a payment provider, and messages that come as they like."""

from collections.abc import Callable
from dataclasses import dataclass, field

from reptidex.domain.sale.heard import (
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
    Transferred,
    TransferRejected,
)
from reptidex.domain.sale.rules import advance, begin
from reptidex.domain.sale.state import Act, Sale

Choose = Callable[[int], int]
"""Return a number below the given one."""


@dataclass
class World:
    """Carries out acts when it pleases, and answers as often as it pleases."""

    choose: Choose
    sales: dict[str, Sale] = field(default_factory=dict)
    deadlines: dict[str, int] = field(default_factory=dict)
    flying: list[Callable[[], None]] = field(default_factory=list)
    owner: str = "seller"
    held_by: str = ""
    let_go: set[str] = field(default_factory=set)
    """Whose hold was released or settled: repti-animal never grants it again, however late a repeat of the request comes."""
    stock: str = "available"
    payments: dict[str, str] = field(default_factory=dict)
    captured: dict[str, int] = field(default_factory=dict)
    refunded: dict[str, int] = field(default_factory=dict)
    sold: list[str] = field(default_factory=list)
    declared: list[tuple[str, Act]] = field(default_factory=list)

    def start(self, name: str) -> bool:
        """Begin a sale, if the stock is there."""
        if self.stock != "available" or name in self.sales:
            return False
        self._apply(name, *begin())
        return True

    def hear(self, name: str, heard: Heard) -> None:
        """Let a sale hear something, now."""
        self._apply(name, *advance(self.sales[name], heard))

    def deliver(self, place: int, *, keep: bool) -> None:
        """Let one message in flight arrive; a kept one arrives again later."""
        message = self.flying[place] if keep else self.flying.pop(place)
        message()

    def pass_deadline(self, name: str) -> None:
        """Let the deadline of a sale pass, if one stands."""
        if name in self.deadlines:
            self.hear(name, DeadlinePassed(self.deadlines[name]))

    def settle(self, rounds: int = 300) -> None:
        """Let everything in flight arrive and deadlines pass, until nothing moves."""
        for _ in range(rounds):
            if self.flying:
                self.deliver(0, keep=False)
            elif self.deadlines:
                self.pass_deadline(next(iter(self.deadlines)))
            else:
                return
        raise AssertionError(f"the sales do not come to rest: {self.sales}")

    def _apply(self, name: str, sale: Sale, acts: tuple[Act, ...]) -> None:
        self.sales[name] = sale
        for act in acts:
            self._carry(name, act, sale.generation)

    def _say(self, name: str, heard: Heard) -> None:
        self.flying.append(lambda: self.hear(name, heard))

    def _carry(self, name: str, act: Act, generation: int) -> None:
        match act:
            case Act.RESERVE:
                assert self.stock == "available"
                self.stock = name
            case Act.FREE_STOCK:
                assert self.stock == name, f"{name} frees stock that is {self.stock}"
                self.stock = "available"
            case Act.SELL_STOCK:
                assert self.stock == name, f"{name} sells stock that is {self.stock}"
                self.stock = "sold"
                self.sold.append(name)
            case Act.ARM:
                self.deadlines[name] = generation
            case Act.DISARM:
                self.deadlines.pop(name, None)
            case Act.DECLARE_FAILED | Act.DECLARE_REFUNDED | Act.DECLARE_DISPUTED | Act.DECLARE_RESOLVED:
                self.declared.append((name, act))
            case Act.HOLD:
                self.flying.append(lambda: self._hold(name, generation))
            case _:
                port = {
                    Act.RELEASE_HOLD: self._release,
                    Act.REQUEST_PAYMENT: self._pay,
                    Act.LOOK_UP_PAYMENT: self._tell_payment,
                    Act.CANCEL_PAYMENT: self._cancel,
                    Act.REFUND_PAYMENT: self._refund,
                    Act.ORDER_TRANSFER: self._transfer,
                    Act.SETTLE_TRANSFER: self._settle_transfer,
                }[act]
                self.flying.append(lambda: port(name))

    def _hold(self, name: str, generation: int) -> None:
        if self.owner == "seller" and self.held_by in ("", name) and name not in self.let_go:
            self.held_by = name
            self._say(name, HoldGranted(generation) if self.choose(4) else HoldUnknown(generation))
        else:
            self._say(name, HoldRefused(generation, "held"))

    def _release(self, name: str) -> None:
        self.let_go.add(name)
        self.held_by = "" if self.held_by == name else self.held_by
        self._say(name, HoldReleased())

    def _pay(self, name: str) -> None:
        if name not in self.payments:
            self.payments[name] = "processing"
            self.flying.append(lambda: self._provider(name))
        if not self.choose(3):
            self._say(name, PaymentUnknown())

    def _provider(self, name: str) -> None:
        if self.payments[name] != "processing":
            return
        if self.choose(3):
            self.payments[name] = "captured"
            self.captured[name] = self.captured.get(name, 0) + 1
        else:
            self.payments[name] = "failed"
        self._tell_payment(name)

    def _tell_payment(self, name: str) -> None:
        match self.payments.get(name):
            case "captured":
                self._say(name, PaymentCaptured())
            case "refunded":
                self._say(name, PaymentRefunded())
            case "failed" | "canceled" | None:
                self._say(name, PaymentEnded())

    def _cancel(self, name: str) -> None:
        if self.payments.get(name) == "processing":
            self.payments[name] = "canceled"
        self._tell_payment(name)

    def _refund(self, name: str) -> None:
        if self.payments[name] == "captured":
            self.payments[name] = "refunded"
            self.refunded[name] = self.refunded.get(name, 0) + 1
        self._tell_payment(name)

    def _transfer(self, name: str) -> None:
        if self.owner == f"buyer of {name}":
            self._say(name, Transferred())
        elif self.owner == "seller" and self.held_by == name:
            self.owner, self.held_by = f"buyer of {name}", ""
            self._say(name, Transferred())
        else:
            self._say(name, TransferRejected())

    def _settle_transfer(self, name: str) -> None:
        self.let_go.add(name)
        self.held_by = "" if self.held_by == name else self.held_by
        self._say(name, Transferred() if self.owner == f"buyer of {name}" else TransferRejected())
