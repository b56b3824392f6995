"""Two workers of repti-commerce on one PostgreSQL: news of one sale that both hear at once is decided once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from reptidex.agents.commerce.errors import WrongStateError
from reptidex.services.commerce import SERVICE
from reptidex.streams.commands.commerce import (
    Allowance,
    AskSeller,
    CancelOrder,
    ConvertInquiry,
    DraftListing,
    Product,
    PublishListing,
)
from reptidex.streams.commands.commerce_sales import TellHold
from reptidex.streams.core import OrgMemberRemoved, PaymentCompleted
from reptidex.streams.values import Money
from reptidex.tables.commerce.models import Line, Listing
from reptidex.tables.commerce.sales import Order, SaleRow
from reptidex.tables.query import select
from tests.chaos.engine.postgres import Cluster, running_cluster
from tests.databases.two_workers import NOW, TwoWorkers

SAM, SAM_VIVARIUM = "5a000000-0000-7000-8000-000000000001", "5a000000-0000-7000-8000-000000000002"
BEA, BEA_VIVARIUM = "be000000-0000-7000-8000-000000000001", "be000000-0000-7000-8000-000000000002"
SPECIES = "cc000000-0000-7000-8000-000000000001"


class Two(TwoWorkers):
    """Two workers on one database, and sales whose animal and order belong to the one or the other."""

    async def sale(self, apart: str) -> SaleRow:
        """Bring a sale to the point where the money is asked for; `apart` is decided by another worker than its order."""
        while True:
            self.count += 1
            sale = await self._sale(f"aa000000-0000-7000-8000-{self.count:012d}")
            if self.worker_of(sale.order_id) is not self.worker_of(
                sale.animal_id if apart == "animal" else BEA_VIVARIUM
            ):
                return sale

    async def _sale(self, animal_id: str) -> SaleRow:
        listing_id, inquiry_id = animal_id.replace("aa", "11", 1), animal_id.replace("aa", "22", 1)
        facts = Product(animal_id=animal_id, vivarium_id=SAM_VIVARIUM, species_id=SPECIES, species="Python regius")
        own: dict[str, Any] = {"animal_id": animal_id, "listing_id": listing_id}
        text: dict[str, Any] = {"title": "Pastel", "price": 45_000, "currency": "USD"}
        await self.say(DraftListing(**own, **text, vivarium_id=SAM_VIVARIUM, contact_user_id=SAM, product=facts))
        allowance = Allowance(vivarium_id=SAM_VIVARIUM)
        await self.say(PublishListing(**own, vivarium_id=SAM_VIVARIUM, product=facts, allowance=allowance))
        buyer: dict[str, Any] = {"animal_id": animal_id, "buyer_vivarium_id": BEA_VIVARIUM, "buyer_user_id": BEA}
        await self.say(AskSeller(**buyer, inquiry_id=inquiry_id, listing_id=listing_id, message="Is it there?"))
        await self.say(ConvertInquiry(**buyer, inquiry_id=inquiry_id, provider="stripe", method="pm_card_visa"))
        [sale] = await self.read.find(select(SaleRow, SaleRow.c.animal_id == animal_id))
        granted: dict[str, Any] = {
            "animal_id": animal_id,
            "transaction_id": sale.transaction_id,
            "generation": sale.generation,
        }
        await self.say(TellHold(**granted, answer="granted"))
        return await self.read.need(SaleRow, sale.transaction_id)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    yield from running_cluster()


@pytest.fixture
async def two(cluster: Cluster, request: pytest.FixtureRequest) -> AsyncIterator[Two]:
    async with Two.of(SERVICE, cluster, f"commerce_{abs(hash(request.node.name)) % 10**8}") as workers:
        yield workers
        assert await workers.left.letters() == []


def _paid(sale: SaleRow) -> PaymentCompleted:
    return PaymentCompleted(
        order_id=sale.order_id,
        transaction_id=sale.transaction_id,
        payment_id=sale.payment_id,
        vivarium_id=BEA_VIVARIUM,
        amount=Money(amount=sale.amount, currency="USD"),
        provider="stripe",
        provider_reference="pi_1",
        captured_at=NOW,
    )


@pytest.mark.parametrize("apart", ["animal", "vivarium"])
async def test_a_sale_that_is_paid_and_called_off_in_one_moment_is_one_of_the_two(two: Two, apart: str) -> None:
    sale = await two.sale(apart)
    cancel = CancelOrder(animal_id=sale.animal_id, order_id=sale.order_id, vivarium_id=BEA_VIVARIUM)
    left = OrgMemberRemoved(vivarium_id=BEA_VIVARIUM, user_id=BEA, role="curator")
    two.meet()

    said = await asyncio.gather(
        two.say(_paid(sale), sequence=2),
        two.say(cancel) if apart == "animal" else two.say(left, sequence=3),
        return_exceptions=True,
    )

    after = await two.read.need(SaleRow, sale.transaction_id)
    line, listing = await two.read.need(Line, sale.animal_id), await two.read.need(Listing, sale.listing_id)
    order = await two.read.need(Order, sale.order_id)
    stands = (after.step, line.status, listing.status, order.status)
    assert stands in (
        ("transferring", "reserved", "reserved", "paid"),
        ("refunding", "available", "published", "cancelled"),
    )
    names = [each.contract.name for events in said if isinstance(events, list) for each in events]
    assert ("sales.transaction.completed" in names) == (after.step == "transferring")
    assert ("order.cancelled" in names) == (after.step == "refunding")
    assert all(isinstance(each, list | WrongStateError) for each in said), said
