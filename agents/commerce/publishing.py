"""Offers are put on the marketplace and promoted, as far as the animal's facts and the seller's plan allow."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.errors import NotPublishableError, SuspendedError, WrongStateError
from reptidex.agents.commerce.lines import with_morphs
from reptidex.agents.commerce.listings import own_listing
from reptidex.agents.commerce.offers import expiry_timer
from reptidex.agents.commerce.records import listing_record
from reptidex.domain.offer import LIFE, Facts, objections
from reptidex.errors import ForbiddenError
from reptidex.streams.commands.commerce import ExpireListing, PromoteListing, PublishListing
from reptidex.streams.commerce import MarketplaceListingPromoted, MarketplaceListingPublished
from reptidex.streams.contract import Event
from reptidex.streams.values import Money
from reptidex.tables.commerce.models import Line, Listing, Promotion, Standing, Subscription
from reptidex.tables.commerce.queries import published_by


@agent(PublishListing, prefetch={Listing: "listing_id", Line: "animal_id", Standing: "vivarium_id"})
async def publish_listing(command: PublishListing, unit: Unit) -> AsyncIterator[Event]:
    """Put an offer on the marketplace, judged by what animal and core said when the seller asked."""
    listing = await own_listing(unit, command.listing_id, command.vivarium_id)
    if listing.status == "published":
        unit.answer(listing)
        return
    if listing.status != "draft":
        raise WrongStateError(f"this offer is {listing.status}: it cannot be published")
    standing = await unit.get(Standing, command.vivarium_id)
    if standing is not None and standing.suspended:
        raise SuspendedError("this vivarium is suspended and cannot sell")
    line, product = await unit.need(Line, command.animal_id), command.product
    published = await unit.find(published_by(command.vivarium_id))
    found = objections(
        Facts(
            owned=product.vivarium_id == command.vivarium_id == line.vivarium_id,
            status=product.status if line.sellable else line.animal_status,
            held=bool(product.held_by) or line.status == "reserved",
            lineage_status=product.lineage_status,
            warnings=len(product.welfare),
            warnings_acknowledged=command.welfare_acknowledged,
            subscription=command.allowance.status,
            published=len(published),
            limit=command.allowance.max_listings,
        )
    )
    if found:
        raise NotPublishableError(found)
    listing = with_morphs(
        msgspec.structs.replace(
            listing,
            status="published",
            species_id=product.species_id,
            species=product.species,
            venomous=product.venomous,
            morphs=line.morphs,
            sex=product.sex,
            lineage_status=product.lineage_status,
            welfare=product.welfare,
            published_at=unit.now,
            expires_at=unit.now + LIFE,
            updated_at=unit.now,
        )
    )
    unit.put(listing)
    expire = ExpireListing(animal_id=listing.animal_id, listing_id=listing.listing_id)
    unit.timer(expiry_timer(listing.listing_id), unit.now + LIFE, expire)
    unit.answer(listing)
    yield MarketplaceListingPublished(**listing_record(listing), published_at=unit.now)


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
    promotion = Promotion(
        promotion_id=command.promotion_id,
        listing_id=listing.listing_id,
        vivarium_id=listing.vivarium_id,
        kind=command.kind,
        starts_at=starts,
        ends_at=ends,
    )
    unit.put(promotion)
    listing = msgspec.structs.replace(listing, promoted=command.kind, featured_until=ends, updated_at=unit.now)
    unit.put(listing)
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
