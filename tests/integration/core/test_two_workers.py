"""Two workers of repti-core on one PostgreSQL: an address that two want in one moment is one person's."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from reptidex.agents.core.registration import AddressTakenError
from reptidex.errors import DomainError
from reptidex.services.core import SERVICE
from reptidex.streams.commands.core import GrantAdmin, RegisterUser, StartSession
from reptidex.streams.commands.core_addresses import AskForAddress, ChangeAddress
from reptidex.tables.core.people import Address, Grant, User
from tests.chaos.engine.postgres import Cluster, running_cluster
from tests.databases.two_workers import TwoWorkers

WANTED = "f" * 64


class Two(TwoWorkers):
    """Two workers on one database, and people who belong to the one or the other."""

    async def person(self, own: str, *, left: bool) -> RegisterUser:
        """Open an account, whose commands the left or the right worker handles, and ask for the wanted address in a session."""
        number = 0
        while self.left.owns(self._id(own, number)) != left:
            number += 1
        registered = registration(self._id(own, number), own * 64)
        await self.say(registered)
        session_id = self._id(own, number + 1000)
        await self.say(StartSession(user_id=registered.user_id, session_id=session_id, token_hash=own))
        wish: dict[str, Any] = {"address_hash": WANTED, "email_sealed": b"wanted"}
        await self.say(AskForAddress(user_id=registered.user_id, session_id=session_id, **wish))
        return registered

    def _id(self, own: str, number: int) -> str:
        return f"{own * 8}-0000-7000-8000-{number:012d}"


def registration(user_id: str, address_hash: str) -> RegisterUser:
    """Return the command by which somebody with a confirmed address registers."""
    return RegisterUser(
        address_hash=address_hash,
        user_id=user_id,
        vivarium_id=user_id.replace("-7000-", "-7001-"),
        subscription_id=user_id.replace("-7000-", "-7002-"),
        data_key=b"key",
        email_sealed=b"email",
        password_sealed=b"password",
        display_name="Sam",
        locale="en",
        confirmed=True,
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    yield from running_cluster()


@pytest.fixture
async def two(cluster: Cluster, request: pytest.FixtureRequest) -> AsyncIterator[Two]:
    async with Two.of(SERVICE, cluster, f"core_{abs(hash(request.node.name)) % 10**8}") as workers:
        yield workers
        assert await workers.left.letters() == []


async def _holders(two: Two, *user_ids: str) -> list[str]:
    """Return whom an account with the wanted address belongs to, after a look at what the address itself says."""
    users = [await two.read.get(User, each) for each in user_ids]
    holders = [each.user_id for each in users if each is not None and each.address_hash == WANTED]
    assert [(await two.read.need(Address, WANTED)).user_id] == holders
    return holders


async def test_two_who_confirm_the_same_new_address_in_one_moment_do_not_both_get_it(two: Two) -> None:
    sam, bea = await two.person("a", left=True), await two.person("b", left=False)
    two.meet()
    said = await asyncio.gather(
        *(two.say(ChangeAddress(user_id=each.user_id, generation=1)) for each in (sam, bea)), return_exceptions=True
    )

    assert {type(each) for each in said} == {list, AddressTakenError}
    assert len(await _holders(two, sam.user_id, bea.user_id)) == 1


@pytest.mark.parametrize("left", [True, False])
async def test_an_address_that_somebody_registers_with_while_it_is_confirmed_is_one_persons(
    two: Two, left: bool
) -> None:
    sam = await two.person("a", left=left)
    newcomer = registration("cccccccc-0000-7000-8000-000000000001", WANTED)
    two.meet()
    said = await asyncio.gather(
        two.say(ChangeAddress(user_id=sam.user_id, generation=1)), two.say(newcomer), return_exceptions=True
    )

    assert {type(each) for each in said} == {list, AddressTakenError}
    assert len(await _holders(two, sam.user_id, newcomer.user_id)) == 1


@pytest.mark.parametrize("left", [True, False])
async def test_what_is_granted_while_the_address_changes_is_not_left_to_its_next_holder(two: Two, left: bool) -> None:
    sam = await two.person("a", left=left)
    two.meet()
    said: list[Any] = await asyncio.gather(
        two.say(ChangeAddress(user_id=sam.user_id, generation=1)),
        two.say(GrantAdmin(address_hash=sam.address_hash)),
        return_exceptions=True,
    )

    moved = await two.read.get(Grant, WANTED) is not None
    assert moved != isinstance(said[1], DomainError), "it goes with the person, or whoever granted it is told"
    assert (await two.read.need(User, sam.user_id)).address_hash == WANTED
    assert await two.read.get(Grant, sam.address_hash) is None
