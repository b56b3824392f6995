"""What is promoted stands first as long as it is promoted, and nothing is for ever."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from reptidex.agents.commerce.errors import WrongStateError
from reptidex.streams.commands.commerce import PromoteListing
from reptidex.streams.core import BillingSubscriptionUpdated
from reptidex.tables.commerce.models import Listing
from tests.unit.commerce.market import ANIMAL, BEA_VIVARIUM, LISTING, SAM_VIVARIUM, Market, names, uid
from tests.unit.commerce.shop import Shop
from tests.unit.commerce.test_standing import _plan

NEWER = uid("newer")


async def _promote(market: Market, days: int = 7) -> list[Any]:
    await market.harness.handle(BillingSubscriptionUpdated(**_plan(promotion=True)), sequence=2)
    command = PromoteListing(
        animal_id=ANIMAL, listing_id=LISTING, promotion_id=uid("promo"), vivarium_id=SAM_VIVARIUM, days=days
    )
    return await market.harness.handle(command)


async def _found(shop: Shop) -> list[tuple[str, str]]:
    _, page = await shop.call("GET", "/marketplace/listings")
    return [(item["listing_id"], item["promoted"]) for item in page["items"]]


async def test_a_promoted_offer_stands_before_newer_ones_until_the_promotion_ends(shop: Shop) -> None:
    market = shop.market
    await market.draft()
    await market.publish()
    listing = await market.listing()
    assert listing.published_at is not None
    at = listing.published_at + timedelta(minutes=1)
    newer = {"listing_id": NEWER, "vivarium_id": BEA_VIVARIUM, "animal_id": NEWER, "published_at": at}
    await market.harness.put(msgspec.structs.replace(listing, **newer))
    before = await _found(shop)

    await _promote(market)
    during = await _found(shop)
    ended = await market.pass_time(days=7)

    assert [before, during] == [[(NEWER, ""), (LISTING, "")], [(LISTING, "featured"), (NEWER, "")]]
    assert (names(ended), ended[0].changed, ended[0].featured_until) == (
        ["marketplace.listing.updated"],
        ("featured_until",),
        None,
    )
    assert await _found(shop) == before


async def test_a_promotion_that_is_prolonged_ends_at_its_later_end(market: Market) -> None:
    await market.offer()
    await _promote(market)
    await _promote(market)

    assert await market.pass_time(days=7) == []
    assert names(await market.pass_time(days=7)) == ["marketplace.listing.updated"]


async def test_nobody_stands_first_for_ever(market: Market) -> None:
    await market.offer()
    await _promote(market, days=90)

    with pytest.raises(WrongStateError):
        await _promote(market, days=1)


async def test_the_promotion_of_what_is_withdrawn_ends_in_silence(market: Market) -> None:
    await market.offer()
    await _promote(market)
    listing = await market.listing()
    await market.harness.put(msgspec.structs.replace(listing, status="withdrawn"))

    assert await market.pass_time(days=7) == []
    ended = await market.harness.get(Listing, LISTING)
    assert ended is not None and not ended.featured
