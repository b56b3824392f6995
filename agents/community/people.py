"""Who is still there."""

from reptidex.agents.agent import Unit
from reptidex.errors import NotFoundError
from reptidex.tables.community.models import Contact


async def check_here(unit: Unit, user_id: str) -> None:
    """Check that a person is not gone: what they did last may come after the news of that. Raises `NotFoundError`."""
    contact = await unit.get(Contact, user_id)
    if contact is not None and contact.gone:
        raise NotFoundError("user", user_id)
