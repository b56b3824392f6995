"""Offers are put on the marketplace, as far as the animal's facts and the seller's plan allow."""

from collections.abc import AsyncIterator

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.errors import NotPublishableError, SuspendedError, WrongStateError
from reptidex.agents.commerce.lines import shown_of
from reptidex.agents.commerce.listings import own_listing
from reptidex.agents.commerce.offers import expiry_timer, searchable
from reptidex.agents.commerce.records import listing_record
from reptidex.agents.commerce.turns import take_turn
from reptidex.domain.offer import LIFE, Facts, objections
from reptidex.streams.commands.commerce import ExpireListing, PublishListing
from reptidex.streams.commerce import MarketplaceListingPublished
from reptidex.streams.contract import Event
from reptidex.tables.commerce.models import Line, Listing, Standing
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
    await take_turn(unit, command.vivarium_id)
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
    listing = searchable(
        msgspec.structs.replace(
            listing,
            status="published",
            **shown_of(product, line),
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
