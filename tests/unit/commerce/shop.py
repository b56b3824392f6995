"""The marketplace behind its own views."""

from reptidex.services.commerce import SERVICE
from reptidex.testing.views import Person, Views
from tests.unit.commerce.market import BEA, BEA_VIVARIUM, EVE, EVE_VIVARIUM, SAM, SAM_VIVARIUM, Market

PEOPLE = {"sam": Person(SAM, SAM_VIVARIUM), "bea": Person(BEA, BEA_VIVARIUM), "eve": Person(EVE, EVE_VIVARIUM)}


class Shop(Views):
    """A client of the views, and the market behind them."""

    market: Market

    @classmethod
    async def over(cls, market: Market) -> "Shop":
        """Serve the views of a market."""
        shop = await cls.open(SERVICE, market.harness, market.ports, PEOPLE)
        shop.market = market
        return shop
