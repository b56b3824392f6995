"""A repti-animal with two vivariums, for tests of its agents."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from reptidex.domain.catalogue import shelf
from reptidex.domain.catalogue.shelf import find_species
from reptidex.services.animal import SERVICE
from reptidex.streams.commands.animal import Done, Held, HoldAnimal, PairAnimals, RecordClutch, RegisterAnimal
from reptidex.streams.commerce import SalesTransactionCompleted
from reptidex.streams.core import AuthUserCreated
from reptidex.streams.values import Money, Party
from reptidex.tables.animal.models import Animal, Hold
from reptidex.testing import UnitHarness

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BALL = next(find_species("Python regius")).species_id


@pytest.fixture(autouse=True)
def as_shipped() -> Iterator[None]:
    """Leave the catalogue in memory as it was found: a test may edit it without knowing (the walkers of routes do)."""
    yield
    shelf.lay_over((), "")


class Keepers:
    """Sam's vivarium with its animals, Bea's beside it, and the words to act for them."""

    sam, bea = "aaaaaaaa-0000-7000-8000-000000000000", "bbbbbbbb-0000-7000-8000-000000000000"
    sale = "cccccccc-0000-7000-8000-000000000000"
    until = datetime(2026, 6, 1, 13, tzinfo=UTC)

    def __init__(self, harness: UnitHarness) -> None:
        self.harness = harness
        self._count = 0

    def id(self) -> str:
        """Return a fresh id."""
        self._count += 1
        return f"11111111-0000-7000-8000-{self._count:012d}"

    async def join(self, vivarium_id: str, name: str) -> list[Any]:
        """Tell that somebody registered."""
        return await self.harness.handle(
            AuthUserCreated(
                user_id=self.id(), vivarium_id=vivarium_id, email_hash="e" * 64, display_name=name, how="password"
            )
        )

    async def animal(self, sex: str = "unknown", born: str = "2022-05-01", **more: Any) -> str:
        """Register an animal of Sam's and return its id."""
        values: dict[str, Any] = {"vivarium_id": self.sam, "species_id": BALL, "sex": sex}
        values |= {"born_on": date.fromisoformat(born), "birth_precision": "day"} | more
        done = await self.harness.ask(RegisterAnimal(animal_id=self.id(), **values), Done)
        return done.id

    async def pairing(self, dam: str, *sires: str, **more: Any) -> str:
        """Pair a dam of Sam's with candidates and return the pairing's id."""
        values = {"season": "2026"} | more
        command = PairAnimals(
            pairing_id=self.id(), vivarium_id=self.sam, dam_id=dam, candidate_sire_ids=sires, **values
        )
        return (await self.harness.ask(command, Done)).id

    async def clutch(self, dam: str, *sires: str, **more: Any) -> str:
        """Record a clutch of a dam of Sam's and return its id."""
        values: dict[str, Any] = {"laid_on": date(2026, 3, 1), "laid": 6} | more
        command = RecordClutch(
            clutch_id=self.id(), vivarium_id=self.sam, dam_id=dam, candidate_sire_ids=sires, **values
        )
        return (await self.harness.ask(command, Done)).id

    async def row(self, animal_id: str) -> Animal:
        """Return an animal as it is stored."""
        row = await self.harness.get(Animal, animal_id)
        assert row is not None
        return row

    async def hold(self, animal_id: str, transaction_id: str = "", generation: int = 1) -> Held:
        """Hold an animal of Sam's for a sale."""
        command = HoldAnimal(
            animal_id=animal_id,
            vivarium_id=self.sam,
            transaction_id=transaction_id or self.sale,
            generation=generation,
            until=self.until,
        )
        return await self.harness.ask(command, Held)

    async def held(self, animal_id: str) -> Hold | None:
        """Return the sale's hold on an animal."""
        return await self.harness.get(Hold, Hold.id_of(animal_id, self.sale))

    def paid(self, animal_id: str, transaction_id: str = "", amount: int = 45_000) -> SalesTransactionCompleted:
        """Say that Bea has paid Sam for an animal."""
        return SalesTransactionCompleted(
            transaction_id=transaction_id or self.sale,
            order_id="dddddddd-0000-7000-8000-000000000000",
            animal_id=animal_id,
            listing_id=self.id(),
            buyer=Party(vivarium_id=self.bea, user_id=self.id()),
            seller=Party(vivarium_id=self.sam, user_id=self.id()),
            amount=Money(amount=amount, currency="USD"),
            step="transfer",
            generation=4,
            payment_id=self.id(),
        )


@pytest.fixture
async def keepers() -> AsyncIterator[Keepers]:
    """Sam and Bea, both registered."""
    async with await UnitHarness.open(SERVICE.agents, Animal, now=NOW) as harness:
        world = Keepers(harness)
        await world.join(world.sam, "Kiwi Reptiles")
        await world.join(world.bea, "Bea's Boas")
        yield world
