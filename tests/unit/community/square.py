"""The community behind its own views."""

from reptidex.services.community import SERVICE
from reptidex.testing.views import Person, Views
from tests.unit.community.town import BEA, EVE, OTHER, SAM, VIVARIUM, Town

PEOPLE = {"sam": Person(SAM, VIVARIUM), "bea": Person(BEA, OTHER), "admin": Person(EVE, scope="admin")}


class Square(Views):
    """A client of the views, and the town behind them."""

    town: Town

    @classmethod
    async def over(cls, town: Town) -> "Square":
        """Serve the views of a town."""
        square = await cls.open(SERVICE, town.harness, town.ports, PEOPLE, settled=town.settle)
        square.town = town
        return square
