"""Changes of an offer that several agents make: each writes the row and returns the events."""

from typing import Literal

import msgspec

from reptidex.agents.agent import Unit
from reptidex.agents.commerce.records import inquiry_record, listing_record
from reptidex.streams.commerce import (
    MarketplaceListingExpired,
    MarketplaceListingUpdated,
    MarketplaceListingWithdrawn,
    SalesInquiryClosed,
    WithdrawalReason,
)
from reptidex.streams.contract import Event
from reptidex.tables.commerce.models import Line, Listing
from reptidex.tables.commerce.queries import open_inquiries_on

OPEN = ("draft", "published", "reserved")


def expiry_timer(listing_id: str) -> str:
    """Name the timer that ends an offer."""
    return f"listing/{listing_id}/expiry"


def searchable(listing: Listing) -> Listing:
    """Return an offer that is found by what it shows: folded here, since each database folds other letters."""
    morphs = "".join(f"|{morph.lower()}" for morph in listing.morphs) + "|" if listing.morphs else ""
    text = f"{listing.title}\n{listing.species}\n{morphs}".casefold()
    return msgspec.structs.replace(listing, morph_text=morphs, search_text=text)


def change_listing(unit: Unit, listing: Listing, changed: tuple[str, ...]) -> list[Event]:
    """Write an offer whose named fields have changed."""
    after = searchable(msgspec.structs.replace(listing, updated_at=unit.now))
    unit.put(after)
    return [MarketplaceListingUpdated(**listing_record(after), changed=changed)]


async def close_inquiries(
    unit: Unit, listing_id: str, reason: Literal["buyer", "seller", "sold", "withdrawn", "stale"]
) -> list[Event]:
    """Close the inquiries that are still open about an offer."""
    events: list[Event] = []
    for inquiry in await unit.find(open_inquiries_on(listing_id)):
        closed = msgspec.structs.replace(inquiry, state="closed", updated_at=unit.now)
        unit.put(closed)
        events.append(SalesInquiryClosed(**inquiry_record(closed), reason=reason))
    return events


async def _let_line_go(unit: Unit, listing: Listing) -> None:
    unit.cancel_timer(expiry_timer(listing.listing_id))
    line = await unit.get(Line, listing.animal_id)
    if line is not None and line.listing_id == listing.listing_id:
        unit.put(msgspec.structs.replace(line, listing_id="", updated_at=unit.now))


async def withdraw_listing(unit: Unit, listing: Listing, reason: WithdrawalReason) -> list[Event]:
    """Take an offer off the marketplace, for whatever reason."""
    unit.put(msgspec.structs.replace(listing, status="withdrawn", updated_at=unit.now))
    await _let_line_go(unit, listing)
    withdrawn = MarketplaceListingWithdrawn(
        listing_id=listing.listing_id, animal_id=listing.animal_id, vivarium_id=listing.vivarium_id, reason=reason
    )
    return [withdrawn, *await close_inquiries(unit, listing.listing_id, "withdrawn")]


async def expire_listing(unit: Unit, listing: Listing) -> list[Event]:
    """End an offer whose time ran out."""
    unit.put(msgspec.structs.replace(listing, status="expired", updated_at=unit.now))
    await _let_line_go(unit, listing)
    expired = MarketplaceListingExpired(
        listing_id=listing.listing_id,
        animal_id=listing.animal_id,
        vivarium_id=listing.vivarium_id,
        expired_at=listing.expires_at or unit.now,
    )
    return [expired, *await close_inquiries(unit, listing.listing_id, "stale")]
