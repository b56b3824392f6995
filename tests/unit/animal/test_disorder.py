"""Whatever is asked in whatever order, twice or late: one owner at any time, and no sale moves what it does not hold."""

from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from reptidex.errors import DomainError
from reptidex.streams.animal import AnimalTransferred, AnimalTransferRejected
from reptidex.streams.commands.animal import ArchiveAnimal, ReleaseAnimal
from reptidex.streams.commands.animal_keeping import OfferAnimal, SettleOffer
from reptidex.tables.animal.queries import owners_of

SALES = ("cccccccc-0000-7000-8000-000000000000", "cccccccc-0000-7000-8000-000000000001")
STEPS = 14


class Rush:
    """Many hands on one animal."""

    def __init__(self, keepers: Any, animal: str, chance: Random) -> None:
        self.keepers, self.animal, self.chance = keepers, animal, chance
        self.released: set[str] = set()
        self.moved: list[str | None] = []
        self.rejected: list[str] = []

    async def step(self) -> None:
        """Do one thing; a refusal is an answer like any other."""
        sale = self.chance.choice(SALES)
        act = self.chance.choice(
            [self.hold, self.hold, self.pay, self.pay, self.release, self.give, self.archive, self.wait]
        )
        before = await self.keepers.row(self.animal)
        try:
            await act(sale)
        except DomainError:
            assert await self.keepers.row(self.animal) == before

    async def hold(self, sale: str) -> None:
        await self.keepers.hold(self.animal, sale)
        assert sale not in self.released

    async def pay(self, sale: str) -> None:
        events = await self.keepers.harness.handle(self.keepers.paid(self.animal, sale))
        self.moved += [event.transaction_id for event in events if isinstance(event, AnimalTransferred)]
        self.rejected += [event.transaction_id for event in events if isinstance(event, AnimalTransferRejected)]

    async def release(self, sale: str) -> None:
        await self.keepers.harness.handle(ReleaseAnimal(animal_id=self.animal, transaction_id=sale))
        self.released.add(sale)

    async def give(self, sale: str) -> None:
        there = self.keepers.bea
        offer = {"transfer_id": self.keepers.id(), "animal_id": self.animal}
        handle = self.keepers.harness.handle
        await handle(OfferAnimal(**offer, vivarium_id=self.keepers.sam, to_vivarium_id=there))
        await handle(SettleOffer(**offer, vivarium_id=there, how="accepted"))

    async def archive(self, sale: str) -> None:
        if self.chance.random() < 0.3:
            command = ArchiveAnimal(animal_id=self.animal, vivarium_id=self.keepers.sam, reason="mistake")
            await self.keepers.harness.handle(command)

    async def wait(self, sale: str) -> None:
        await self.keepers.harness.advance(by=timedelta(minutes=self.chance.choice([5, 90])))


@pytest.mark.parametrize("seed", range(25))
async def test_an_animal_has_one_owner_whatever_happens(keepers: Any, seed: int) -> None:
    animal = await keepers.animal()
    rush = Rush(keepers, animal, Random(seed))
    for _ in range(STEPS):
        await rush.step()
    row = await keepers.row(animal)
    history = await keepers.harness.find(owners_of(animal))

    assert [one.number for one in history] == list(range(1, len(history) + 1))
    assert [one.until is None for one in history] == [False] * (len(history) - 1) + [True]
    assert all(one.until == following.since for one, following in pairwise(history))
    assert history[-1].vivarium_id == row.vivarium_id and history[-1].code == row.code
    assert len(rush.moved) <= 1 and not set(rush.moved) & set(rush.rejected)
    assert len(rush.rejected) == len(set(rush.rejected))
    assert row.held_by is None or row.status == "active"
    assert await keepers.harness.letters() == []
