"""The shell around the sale's state machine: a row and what was heard go in, the row and the acts come out."""

from reptidex.agents.agent import Unit
from reptidex.agents.commerce.acts import ACTS
from reptidex.agents.commerce.saga_state import state_of, with_state
from reptidex.agents.commerce.step import Step
from reptidex.domain.sale import rules
from reptidex.domain.sale.heard import Heard
from reptidex.streams.contract import Event
from reptidex.tables.commerce.sales import SaleRow


async def begin_sale(unit: Unit, row: SaleRow) -> list[Event]:
    """Begin a sale; return the events of its first acts. The row's state is set to that of a sale that begins."""
    sale, acts = rules.begin()
    row = with_state(row, sale, unit.now)
    unit.put(row)
    step = Step(unit=unit, sale=row, before=sale.step)
    return [event for act in acts for event in await ACTS[act](step)]


async def tell_sale(unit: Unit, row: SaleRow, heard: Heard) -> list[Event]:
    """Let a sale hear something; return the events of the acts that follow. A repeat changes nothing."""
    before = state_of(row)
    after, acts = rules.advance(before, heard)
    if after == before and not acts:
        return []
    row = with_state(row, after, unit.now)
    unit.put(row)
    step = Step(unit=unit, sale=row, before=before.step)
    return [event for act in acts for event in await ACTS[act](step)]
