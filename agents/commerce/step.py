"""One step of a sale, as the acts that follow from it see it."""

import msgspec

from reptidex.agents.agent import Unit
from reptidex.domain.sale.state import Step as StepName
from reptidex.streams.commerce import TransactionStep
from reptidex.tables.commerce.sales import SaleRow

PUBLIC: dict[StepName, TransactionStep] = {
    "holding": "hold",
    "paying": "pay",
    "checking": "pay",
    "voiding": "pay",
    "transferring": "transfer",
    "refunding": "refund",
    "completed": "complete",
    "failed": "release",
    "refunded": "refund",
}
"""The steps as events name them."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """The unit of work, the sale as it now stands, and the step that it came from."""

    unit: Unit
    sale: SaleRow
    before: StepName
