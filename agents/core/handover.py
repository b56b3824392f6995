"""Passing work on to the writer of another key, so that each row keeps its single writer."""

from reptidex.agents.agent import Unit
from reptidex.streams.contract import Command


def hand_over(unit: Unit, command: Command) -> None:
    """Have a command of this service handled at once, by the writer of its own key, after this unit's commit."""
    name = f"hand over/{type(command).__name__}/{command.key}/{unit.cause.id}"
    unit.timer(name, unit.now, command)
