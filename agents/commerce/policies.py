"""Sellers write their terms."""

from reptidex.agents.agent import Unit, agent
from reptidex.streams.commands.commerce import SetPolicy
from reptidex.tables.commerce.models import Policy


@agent(SetPolicy)
async def set_policy(command: SetPolicy, unit: Unit) -> None:
    """Write a seller's terms anew, for the orders to come."""
    policy = Policy(
        vivarium_id=command.vivarium_id,
        refund_days=command.refund_days,
        live_arrival=command.live_arrival,
        health_guarantee_days=command.health_guarantee_days,
        text=command.text,
        updated_at=unit.now,
    )
    unit.put(policy)
    unit.answer(policy)
