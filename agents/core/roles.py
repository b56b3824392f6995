"""Roles that were taken or lowered: noted for as long as access tokens live that say otherwise."""

from datetime import timedelta

from reptidex.agents.agent import Unit, agent
from reptidex.streams.commands.core_roles import ForgetLoweredRole
from reptidex.tables.core.vivariums import LoweredRole, membership_id

KEPT = timedelta(minutes=15)
"""Longer than an access token lives, with the leeway of who verifies it."""


def note_lowered(unit: Unit, vivarium_id: str, user_id: str = "") -> None:
    """Have the tokens refused that a person (nobody named: everybody) has for a vivarium so far; a refresh gives true ones."""
    lowered = LoweredRole(
        lowered_id=membership_id(vivarium_id, user_id),
        vivarium_id=vivarium_id,
        user_id=user_id,
        lowered_at=unit.now,
    )
    unit.put(lowered)
    forget = ForgetLoweredRole(vivarium_id=vivarium_id, lowered_id=lowered.lowered_id)
    unit.timer(f"lowered/{lowered.lowered_id}", unit.now + KEPT, forget)


@agent(ForgetLoweredRole)
async def forget_lowered_role(command: ForgetLoweredRole, unit: Unit) -> None:
    """Drop the note."""
    unit.delete(LoweredRole, command.lowered_id)
