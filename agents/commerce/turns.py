"""What a vivarium may have so many of is counted by one worker after the other."""

from reptidex.agents.agent import Unit
from reptidex.tables.commerce.models import Standing


async def take_turn(unit: Unit, vivarium_id: str) -> None:
    """Have the counting that follows see what others counted for this vivarium, and them see what comes of it.

    Offers and sales belong to the writers of their animals, of which a vivarium has many. So whoever counts writes a row that is
    the vivarium's own: of two workers that do it at the same moment the second waits for the first, or runs again.
    """
    unit.put(await unit.get(Standing, vivarium_id) or Standing(subject_id=vivarium_id, suspended=False))
