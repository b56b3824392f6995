"""Two workers of repti-commerce on one PostgreSQL: what both hear at once is decided once, and counted one after the other."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from reptidex.agents.commerce import buying
from reptidex.agents.commerce.errors import NotPublishableError, TooManyUnpaidError, WrongStateError
from reptidex.agents.commerce.offers import expiry_timer
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
from reptidex.tables.commerce.queries import published_by, unpaid_purchases_of
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

    def animals(self) -> tuple[str, str]:
        """Name an animal of each worker, whose rows are all that worker's: the two meet in nothing but their owner."""
        found: dict[bool, str] = {}
        while len(found) < 2:
            self.count += 1
            animal_id = f"aa000000-0000-7000-8000-{self.count:012d}"
            offer, inquiry = (animal_id.replace("aa", start, 1) for start in ("11", "22"))
            owned = {self.left.owns(key) for key in (animal_id, offer, inquiry, expiry_timer(offer))}
            if len(owned) == 1:
                found[owned.pop()] = animal_id
        return found[True], found[False]

    async def draft(self, animal_id: str, limit: int | None = None) -> PublishListing:
        """Draft an offer; return the wish to publish it under a plan that allows so many."""
        facts = Product(animal_id=animal_id, vivarium_id=SAM_VIVARIUM, species_id=SPECIES, species="Python regius")
        own: dict[str, Any] = {"animal_id": animal_id, "listing_id": animal_id.replace("aa", "11", 1)}
        text: dict[str, Any] = {"title": "Pastel", "price": 45_000, "currency": "USD"}
        await self.say(DraftListing(**own, **text, vivarium_id=SAM_VIVARIUM, contact_user_id=SAM, product=facts))
        allowance = Allowance(vivarium_id=SAM_VIVARIUM, max_listings=limit)
        return PublishListing(**own, vivarium_id=SAM_VIVARIUM, product=facts, allowance=allowance)

    async def ask(self, animal_id: str) -> ConvertInquiry:
        """Offer an animal and ask about it; return the wish to buy it."""
        await self.say(published := await self.draft(animal_id))
        inquiry_id = animal_id.replace("aa", "22", 1)
        buyer: dict[str, Any] = {"animal_id": animal_id, "buyer_vivarium_id": BEA_VIVARIUM, "buyer_user_id": BEA}
        await self.say(
            AskSeller(**buyer, inquiry_id=inquiry_id, listing_id=published.listing_id, message="Is it there?")
        )
        return ConvertInquiry(**buyer, inquiry_id=inquiry_id, provider="stripe", method="pm_card_visa")

    async def _sale(self, animal_id: str) -> SaleRow:
        await self.say(await self.ask(animal_id))
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


async def test_the_last_offer_of_a_plan_is_published_once(two: Two) -> None:
    wishes = [await two.draft(animal_id, limit=1) for animal_id in two.animals()]
    two.meet()

    said = await asyncio.gather(*(two.say(wish) for wish in wishes), return_exceptions=True)

    assert len(await two.read.find(published_by(SAM_VIVARIUM))) == 1
    assert [type(each) for each in said if isinstance(each, Exception)] == [NotPublishableError]


async def test_the_last_animal_that_is_kept_for_a_buyer_is_kept_once(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buying, "MOST_UNPAID", 1)
    wishes = [await two.ask(animal_id) for animal_id in two.animals()]
    two.meet()

    said = await asyncio.gather(*(two.say(wish) for wish in wishes), return_exceptions=True)

    assert len(await two.read.find(unpaid_purchases_of(BEA_VIVARIUM))) == 1
    assert [type(each) for each in said if isinstance(each, Exception)] == [TooManyUnpaidError]
