"""A marketplace under test: the service's own agents on a database in memory, its neighbours as twins."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from reptidex.services.commerce import SERVICE
from reptidex.streams.animal import AnimalCreated, AnimalTransferred, AnimalTransferRejected
from reptidex.streams.commands.commerce import (
    Allowance,
    AskSeller,
    ConvertInquiry,
    DraftListing,
    Product,
    PublishListing,
)
from reptidex.streams.core import PaymentCompleted, PaymentFailed
from reptidex.streams.values import Money
from reptidex.tables.commerce.models import Inquiry, Line, Listing
from reptidex.tables.commerce.sales import Order, SaleRow
from reptidex.tables.query import select
from reptidex.testing import UnitHarness
from tests.unit.commerce.neighbours import AnimalTwin, CoreTwin


def uid(name: str) -> str:
    """Return a readable UUID."""
    return f"{name.encode().hex():0<8.8}-0000-7000-8000-{name.encode()[4:10].hex():0<12.12}"


SAM, SAM_VIVARIUM = uid("sam"), uid("vivarium-sam")[:-2] + "0a"
BEA, BEA_VIVARIUM = uid("bea"), uid("vivarium-bea")[:-2] + "0b"
EVE, EVE_VIVARIUM = uid("eve"), uid("vivarium-eve")[:-2] + "0e"
ANIMAL, LISTING, SPECIES = uid("kiwi"), uid("offer"), uid("python")
PRICE = 45_000


def product(**changes: Any) -> Product:
    """Return Sam's animal as animal describes it."""
    facts: dict[str, Any] = {
        "animal_id": ANIMAL,
        "vivarium_id": SAM_VIVARIUM,
        "species_id": SPECIES,
        "species": "Python regius",
        "morph": "Pastel",
    }
    return Product(**(facts | changes))


class Market:
    """The steps of a sale, each in a word."""

    def __init__(self, harness: UnitHarness) -> None:
        self.harness = harness
        self.animal, self.core = AnimalTwin({ANIMAL: SAM_VIVARIUM}), CoreTwin()
        self.ports = SimpleNamespace(animal=self.animal, core=self.core, reserve_s=900)
        self.sequence = 1

    @classmethod
    async def open(cls) -> "Market":
        return cls(await UnitHarness.open(SERVICE.agents, Line, carriers=SERVICE.carriers))

    def next(self) -> int:
        """Return the next version of the animal."""
        self.sequence += 1
        return self.sequence

    async def hatch(self, **changes: Any) -> list[Any]:
        """Let the animal be registered."""
        facts = {name: getattr(product(), name) for name in ("animal_id", "vivarium_id", "species_id", "species")}
        event = AnimalCreated(**(facts | {"code": "CR-001", "morphs": ("Pastel",)} | changes))
        return await self.harness.handle(event, sequence=1)

    async def draft(self) -> list[Any]:
        command = DraftListing(
            animal_id=ANIMAL,
            listing_id=LISTING,
            vivarium_id=SAM_VIVARIUM,
            contact_user_id=SAM,
            title="Pastel",
            price=PRICE,
            currency="USD",
            product=product(),
        )
        return await self.harness.handle(command)

    async def publish(self, *, animal: Product | None = None, limit: int | None = None) -> list[Any]:
        command = PublishListing(
            animal_id=ANIMAL,
            listing_id=LISTING,
            vivarium_id=SAM_VIVARIUM,
            product=animal or product(),
            allowance=Allowance(vivarium_id=SAM_VIVARIUM, max_listings=limit),
        )
        return await self.harness.handle(command)

    async def offer(self) -> None:
        """Bring the animal on the marketplace."""
        await self.hatch()
        await self.draft()
        await self.publish()

    async def inquire(self, vivarium_id: str = BEA_VIVARIUM, user_id: str = BEA) -> str:
        inquiry_id = uid("ask" + user_id[:4])
        command = AskSeller(
            animal_id=ANIMAL,
            inquiry_id=inquiry_id,
            listing_id=LISTING,
            buyer_vivarium_id=vivarium_id,
            buyer_user_id=user_id,
            message="Is it still there?",
        )
        await self.harness.handle(command)
        return inquiry_id

    async def convert(self, inquiry_id: str, vivarium_id: str = BEA_VIVARIUM, user_id: str = BEA) -> list[Any]:
        command = ConvertInquiry(
            animal_id=ANIMAL,
            inquiry_id=inquiry_id,
            buyer_vivarium_id=vivarium_id,
            buyer_user_id=user_id,
            provider="stripe",
            method="pm_card_visa",
        )
        return await self.harness.handle(command)

    async def buy(self) -> SaleRow:
        """Bring the sale to the point where the animal is reserved."""
        await self.offer()
        await self.convert(await self.inquire())
        return await self.sale()

    async def pay_asked(self) -> SaleRow:
        """Bring the sale to the point where core has been asked for the money, and is at work on it."""
        await self.buy()
        await self.carry()
        await self.carry()
        return await self.sale()

    async def carry(self, *, attempt: int = 1) -> list[Any]:
        """Carry out what waits to be carried out."""
        return await self.harness.carry_out(self.ports, attempt=attempt)

    async def carry_all(self) -> list[Any]:
        """Carry out until nothing waits."""
        events: list[Any] = []
        while await self.harness.effects:
            events += await self.carry()
        return events

    async def pass_time(self, **by: float) -> list[Any]:
        return await self.harness.advance(by=timedelta(**by))

    async def paid(self, sale: SaleRow) -> list[Any]:
        """Let core tell that the money was captured."""
        self.core.payments[sale.payment_id] = "completed"
        captured = PaymentCompleted(**payment_record(sale), captured_at=datetime(2026, 1, 1, 12, 1, tzinfo=UTC))
        return await self.harness.handle(captured, sequence=2)

    async def declined(self, sale: SaleRow) -> list[Any]:
        self.core.payments[sale.payment_id] = "failed"
        return await self.harness.handle(PaymentFailed(**payment_record(sale), reason="declined"), sequence=2)

    async def hand_over(self, sale: SaleRow) -> list[Any]:
        """Let animal tell that the animal is the buyer's."""
        self.animal.owners[ANIMAL] = sale.buyer_vivarium_id
        self.animal.holds.pop(ANIMAL, None)
        event = AnimalTransferred(
            animal_id=ANIMAL,
            from_vivarium_id=SAM_VIVARIUM,
            to_vivarium_id=sale.buyer_vivarium_id,
            order_id=sale.order_id,
            transaction_id=sale.transaction_id,
        )
        return await self.harness.handle(event, sequence=self.next())

    async def reject(self, sale: SaleRow) -> list[Any]:
        """Let animal tell that the animal cannot change hands."""
        event = AnimalTransferRejected(
            animal_id=ANIMAL,
            order_id=sale.order_id,
            transaction_id=sale.transaction_id,
            from_vivarium_id=SAM_VIVARIUM,
            to_vivarium_id=sale.buyer_vivarium_id,
            reason="deceased",
        )
        return await self.harness.handle(event, sequence=self.next())

    async def sale(self) -> SaleRow:
        """Return the latest sale."""
        sales = await self.harness.find(select(SaleRow))
        return max(sales, key=lambda row: (row.started_at, row.transaction_id))

    async def order(self) -> Order:
        order = await self.harness.get(Order, (await self.sale()).order_id)
        assert order is not None
        return order

    async def line(self) -> Line:
        line = await self.harness.get(Line, ANIMAL)
        assert line is not None
        return line

    async def listing(self) -> Listing:
        listing = await self.harness.get(Listing, LISTING)
        assert listing is not None
        return listing

    async def inquiry(self, inquiry_id: str) -> Inquiry:
        inquiry = await self.harness.get(Inquiry, inquiry_id)
        assert inquiry is not None
        return inquiry

    async def close(self) -> None:
        """Close the harness, after a look that no message was lost on the way."""
        letters = await self.harness.letters()
        await self.harness.close()
        assert not letters, [(letter.message_type, letter.cause) for letter in letters]


def payment_record(sale: SaleRow) -> dict[str, Any]:
    """Return the fields of core's payment events."""
    return {
        "order_id": sale.order_id,
        "transaction_id": sale.transaction_id,
        "payment_id": sale.payment_id,
        "vivarium_id": sale.buyer_vivarium_id,
        "amount": Money(amount=sale.amount, currency=sale.currency),
        "provider": "stripe",
        "provider_reference": "pi_1",
    }


def names(events: list[Any]) -> list[str]:
    """Return the contract names of events."""
    return [event.contract.name for event in events]
