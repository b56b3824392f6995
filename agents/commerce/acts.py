"""What each act of the sale's rules comes to."""

from collections.abc import Awaitable, Callable

from reptidex.agents.commerce import asking, declaring, stock
from reptidex.agents.commerce.step import Step
from reptidex.domain.sale.state import Act
from reptidex.streams.contract import Event

ACTS: dict[Act, Callable[[Step], Awaitable[list[Event]]]] = {
    Act.RESERVE: stock.reserve,
    Act.FREE_STOCK: stock.free,
    Act.SELL_STOCK: stock.sell,
    Act.HOLD: asking.hold,
    Act.RELEASE_HOLD: asking.release_hold,
    Act.SETTLE_TRANSFER: asking.settle_transfer,
    Act.REQUEST_PAYMENT: asking.request_payment,
    Act.LOOK_UP_PAYMENT: asking.look_up_payment,
    Act.CANCEL_PAYMENT: asking.cancel_payment,
    Act.REFUND_PAYMENT: asking.refund_payment,
    Act.ORDER_TRANSFER: declaring.order_transfer,
    Act.DECLARE_FAILED: declaring.failed,
    Act.DECLARE_REFUNDED: declaring.refunded,
    Act.DECLARE_DISPUTED: declaring.disputed,
    Act.DECLARE_RESOLVED: declaring.resolved,
    Act.ARM: asking.arm,
    Act.DISARM: asking.disarm,
}
