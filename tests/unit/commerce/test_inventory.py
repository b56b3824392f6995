"""The inventory and the offers follow the animals, whatever order the events come in."""

from typing import Any

import pytest

from reptidex.agents.commerce.errors import WrongStateError
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.animal import AnimalTransferred, AnimalUpdated, LineageValidated
from reptidex.streams.commands.commerce import AskSeller, DraftListing, ReviseListing
from tests.unit.commerce.market import ANIMAL, BEA_VIVARIUM, LISTING, SAM, SAM_VIVARIUM, SPECIES, Market, names, product


def _updated(**changes: Any) -> AnimalUpdated:
    facts = {"animal_id": ANIMAL, "vivarium_id": SAM_VIVARIUM, "code": "CR-001", "species_id": SPECIES}
    return AnimalUpdated(**(facts | {"species": "Python regius", "morphs": ("Pastel",)} | changes))


GIFT = AnimalTransferred(animal_id=ANIMAL, from_vivarium_id=SAM_VIVARIUM, to_vivarium_id=BEA_VIVARIUM)


async def test_a_repeated_registration_opens_one_line(market: Market) -> None:
    await market.hatch()

    assert await market.hatch() == []


async def test_an_animal_that_is_kept_back_is_not_available(market: Market) -> None:
    events = await market.hatch(status="holdback")

    assert events == []
    assert (await market.line()).status == "unavailable"


async def test_an_older_record_does_not_undo_a_newer_owner(market: Market) -> None:
    await market.hatch()
    await market.harness.handle(GIFT, sequence=5)
    await market.harness.handle(_updated(name="Kiwi"), sequence=4)

    line = await market.line()
    assert (line.name, line.vivarium_id) == ("Kiwi", BEA_VIVARIUM)


async def test_a_given_away_animal_leaves_its_old_owners_shelf(market: Market) -> None:
    await market.offer()
    events = await market.harness.handle(GIFT, sequence=2)

    assert names(events) == ["marketplace.listing.withdrawn", "inventory.transferred"]
    assert (await market.listing()).status == "withdrawn"


async def test_a_transfer_that_comes_before_the_registration_waits_for_it(market: Market) -> None:
    await market.harness.handle(GIFT, sequence=2)
    await market.hatch()
    events = await market.pass_time(seconds=1)

    assert names(events) == ["inventory.transferred"]
    assert (await market.line()).vivarium_id == BEA_VIVARIUM


async def test_an_offer_shows_what_the_animal_has_become(market: Market) -> None:
    await market.offer()
    [event] = await market.harness.handle(_updated(morphs=("Pastel", "Clown")), sequence=2)

    assert event.changed == ("morphs",)
    assert (await market.listing()).morph_text == "|pastel|clown|"


async def test_an_offer_with_a_rejected_lineage_is_withdrawn(market: Market) -> None:
    await market.offer()
    rejected = LineageValidated(animal_id=ANIMAL, vivarium_id=SAM_VIVARIUM, status="rejected")
    events = await market.harness.handle(rejected, sequence=2)

    assert names(events) == ["marketplace.listing.withdrawn"]


async def test_an_animal_has_one_open_offer(market: Market) -> None:
    await market.offer()
    second = DraftListing(
        animal_id=ANIMAL,
        listing_id=SPECIES,
        vivarium_id=SAM_VIVARIUM,
        contact_user_id=SAM,
        title="Again",
        price=1,
        currency="USD",
        product=product(),
    )

    with pytest.raises(WrongStateError):
        await market.harness.handle(second)


async def test_a_listing_drafted_before_the_registration_is_heard_opens_the_line(market: Market) -> None:
    drafted = await market.draft()
    heard = await market.hatch()

    assert names(drafted) == ["inventory.available", "marketplace.listing.created"]
    assert heard == []


async def test_nobody_can_offer_another_vivariums_animal(market: Market) -> None:
    await market.hatch()
    command = DraftListing(
        animal_id=ANIMAL,
        listing_id=LISTING,
        vivarium_id=BEA_VIVARIUM,
        contact_user_id=SAM,
        title="Mine",
        price=1,
        currency="USD",
        product=product(),
    )

    with pytest.raises(NotFoundError):
        await market.harness.handle(command)


async def test_nobody_can_ask_about_their_own_offer(market: Market) -> None:
    await market.offer()
    command = AskSeller(
        animal_id=ANIMAL,
        inquiry_id=SPECIES,
        listing_id=LISTING,
        buyer_vivarium_id=SAM_VIVARIUM,
        buyer_user_id=SAM,
        message="Hm?",
    )

    with pytest.raises(InvalidError):
        await market.harness.handle(command)


async def test_a_reserved_offer_keeps_its_price(market: Market) -> None:
    await market.buy()

    with pytest.raises(WrongStateError):
        await market.harness.handle(
            ReviseListing(animal_id=ANIMAL, listing_id=LISTING, vivarium_id=SAM_VIVARIUM, price=1)
        )


async def test_an_offer_runs_out_after_180_days(market: Market) -> None:
    await market.offer()
    events = await market.pass_time(days=180)

    assert names(events) == ["marketplace.listing.expired"]
    assert (await market.line()).listing_id == ""


async def test_a_transfer_outside_the_sale_calls_the_unpaid_sale_off(market: Market) -> None:
    sale = await market.pay_asked()
    await market.harness.handle(GIFT, sequence=2)
    await market.carry_all()

    assert (await market.sale()).step == "failed"
    assert market.core.payments == {sale.payment_id: "canceled"}
    assert (await market.line()).vivarium_id == BEA_VIVARIUM
