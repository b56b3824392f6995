"""Offers are promoted, where the seller's plan includes it: shown before the others until the promotion ends."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.errors import WrongStateError
from reptidex.agents.commerce.listings import own_listing
from reptidex.agents.commerce.offers import OPEN, change_listing
from reptidex.errors import ForbiddenError
from reptidex.streams.commands.commerce import EndPromotion, PromoteListing
from reptidex.streams.commerce import MarketplaceListingPromoted
from reptidex.streams.contract import Event
from reptidex.streams.values import Money
from reptidex.tables.commerce.models import Listing, Promotion, Subscription

LONGEST = timedelta(days=90)
"""How far ahead an offer can be promoted: else one that was promoted again and again would stand first for ever."""


@agent(PromoteListing, prefetch={Listing: "listing_id", Subscription: "vivarium_id"})
async def promote_listing(command: PromoteListing, unit: Unit) -> AsyncIterator[Event]:
    """Show an offer more prominently; plans include it or do not, it is not charged for."""
    listing = await own_listing(unit, command.listing_id, command.vivarium_id)
    if listing.status != "published":
        raise WrongStateError(f"only an offer on the marketplace can be promoted; this one is {listing.status}")
    subscription = await unit.get(Subscription, command.vivarium_id)
    if subscription is None or not subscription.promotion:
        raise ForbiddenError("this plan does not include promotion")
    starts = max(unit.now, listing.featured_until or unit.now)
    ends = starts + timedelta(days=command.days)
    if ends > unit.now + LONGEST:
        raise WrongStateError(f"an offer is promoted for at most {LONGEST.days} days ahead")
    promotion = Promotion(
        promotion_id=command.promotion_id,
        listing_id=listing.listing_id,
        vivarium_id=listing.vivarium_id,
        kind=command.kind,
        starts_at=starts,
        ends_at=ends,
    )
    unit.put(promotion)
    listing = msgspec.structs.replace(
        listing, promoted=command.kind, featured=True, featured_until=ends, updated_at=unit.now
    )
    unit.put(listing)
    end = EndPromotion(animal_id=listing.animal_id, listing_id=listing.listing_id)
    unit.timer(f"listing/{listing.listing_id}/promotion", ends, end)
    unit.answer(listing)
    yield MarketplaceListingPromoted(
        listing_id=listing.listing_id,
        animal_id=listing.animal_id,
        vivarium_id=listing.vivarium_id,
        promotion_id=command.promotion_id,
        kind=command.kind,
        starts_at=starts,
        ends_at=ends,
        cost=Money(amount=0, currency=listing.currency),
    )


@agent(EndPromotion, prefetch={Listing: "listing_id"})
async def end_promotion(command: EndPromotion, unit: Unit) -> AsyncIterator[Event]:
    """Show an offer among the others again."""
    listing = await unit.get(Listing, command.listing_id)
    if listing is None or not listing.featured or (listing.featured_until or unit.now) > unit.now:
        return
    after = msgspec.structs.replace(listing, promoted="", featured=False, featured_until=None)
    if listing.status not in OPEN:
        unit.put(after)
        return
    for said in change_listing(unit, after, ("featured_until",)):
        yield said
