"""Offers are drafted, revised, withdrawn and run out."""

from collections.abc import AsyncIterator

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.errors import WrongStateError
from reptidex.agents.commerce.lines import line_of_product, open_line, shown_of
from reptidex.agents.commerce.offers import OPEN, change_listing, expire_listing, searchable, withdraw_listing
from reptidex.agents.commerce.records import listing_record
from reptidex.agents.commerce.saga import tell_sale
from reptidex.domain.pricing import least
from reptidex.domain.sale.heard import CalledOff
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.commerce import DraftListing, ExpireListing, KeepListing, ReviseListing, WithdrawListing
from reptidex.streams.commerce import MarketplaceListingCreated
from reptidex.streams.contract import Event
from reptidex.tables.commerce.models import Line, Listing
from reptidex.tables.commerce.sales import SaleRow

WITHDRAWABLE = ("draft", "published")


async def own_listing(unit: Unit, listing_id: str, vivarium_id: str) -> Listing:
    """Return an offer of this vivarium. Raises `NotFoundError`, for a foreign one too."""
    listing = await unit.need(Listing, listing_id)
    if listing.vivarium_id != vivarium_id:
        raise NotFoundError("listing", listing_id)
    return listing


def _check_payable(listing: Listing) -> None:
    """See that the offer can be paid for at all: else its first buyer would learn that it cannot."""
    least_sum = least(listing.currency)
    if listing.price + listing.shipping < least_sum:
        text = f"no provider takes less than {least_sum} {listing.currency} (minor units, with shipping)"
        raise InvalidError(text, "/price")


@agent(DraftListing, prefetch={Line: "animal_id", Listing: "listing_id"})
async def draft_listing(command: DraftListing, unit: Unit) -> AsyncIterator[Event]:
    """Draft an offer. An animal has one open offer at a time."""
    product = command.product
    line = await unit.get(Line, command.animal_id)
    owner = line.vivarium_id if line is not None else product.vivarium_id
    if command.vivarium_id not in (owner, product.vivarium_id) or product.vivarium_id != owner:
        raise NotFoundError("animal", command.animal_id)
    if line is None:
        line = line_of_product(product, unit)
        for said in open_line(unit, line):
            yield said
    if line.listing_id:
        raise WrongStateError(f"this animal has an open offer already: {line.listing_id}")
    listing = searchable(
        Listing(
            listing_id=command.listing_id,
            animal_id=command.animal_id,
            vivarium_id=command.vivarium_id,
            contact_user_id=command.contact_user_id,
            title=command.title,
            description=command.description,
            price=command.price,
            shipping=command.shipping,
            currency=command.currency,
            visibility=command.visibility,
            category=command.category,
            **shown_of(product, line),
            created_at=unit.now,
            updated_at=unit.now,
        )
    )
    _check_payable(listing)
    unit.put(listing)
    unit.put(msgspec.structs.replace(line, listing_id=listing.listing_id, updated_at=unit.now))
    unit.answer(listing)
    yield MarketplaceListingCreated(**listing_record(listing))


@agent(ReviseListing, prefetch={Listing: "listing_id"})
async def revise_listing(command: ReviseListing, unit: Unit) -> AsyncIterator[Event]:
    """Change an offer. One that a buyer has reserved, or that has ended, stays as it is."""
    listing = await own_listing(unit, command.listing_id, command.vivarium_id)
    if listing.status not in ("draft", "published"):
        raise WrongStateError(f"this offer is {listing.status}: it cannot be changed")
    names = ("title", "description", "price", "shipping", "visibility", "category")
    wishes = {name: value for name in names if (value := getattr(command, name)) is not None}
    changed = tuple(name for name, value in wishes.items() if getattr(listing, name) != value)
    after = msgspec.structs.replace(listing, **wishes, updated_at=unit.now)
    _check_payable(after)
    if after.price + after.shipping > listing.price + listing.shipping:
        after = msgspec.structs.replace(after, dearer_at=unit.now)
    unit.answer(after)
    if changed:
        for said in change_listing(unit, after, changed):
            yield said


@agent(WithdrawListing, prefetch={Listing: "listing_id", Line: "animal_id"})
async def end_listing(command: WithdrawListing, unit: Unit) -> AsyncIterator[Event]:
    """Withdraw an offer. A sale under way is called off first, and stands in the way once it is paid.

    The platform's own wish then waits for the sale's end: an offer that it takes down does not come back by a sale that fails.
    One that has ended is only marked: what a moderator hides is shown to its seller alone.
    """
    if command.vivarium_id is not None:
        listing = await own_listing(unit, command.listing_id, command.vivarium_id)
    else:
        listing = await unit.need(Listing, command.listing_id)
    if listing.status == "reserved":
        line = await unit.need(Line, listing.animal_id)
        sale = await unit.need(SaleRow, line.transaction_id)
        for said in await tell_sale(unit, sale, CalledOff("withdrawn")):
            yield said
        listing = await unit.need(Listing, command.listing_id)
    if command.vivarium_id is None and listing.status != "withdrawn" and listing.status not in WITHDRAWABLE:
        if listing.ends_as != "moderation":  # which hides it as well
            unit.put(msgspec.structs.replace(listing, ends_as=command.reason))
        return
    if listing.status not in OPEN:
        return
    if listing.status == "reserved":
        raise WrongStateError("the animal is paid for: this offer cannot be withdrawn any more")
    for said in await withdraw_listing(unit, listing, command.reason):
        yield said


@agent(KeepListing, prefetch={Listing: "listing_id"})
async def keep_listing(command: KeepListing, unit: Unit) -> None:
    """Show an offer again, or let it come back after its sale, that a moderator keeps. What was withdrawn is drafted anew."""
    listing = await unit.get(Listing, command.listing_id)
    if listing is not None and listing.ends_as == "moderation":
        unit.put(msgspec.structs.replace(listing, ends_as=""))


@agent(ExpireListing, prefetch={Listing: "listing_id"})
async def run_out(command: ExpireListing, unit: Unit) -> AsyncIterator[Event]:
    """End an offer whose time ran out; one with a sale under way ends when the sale fails."""
    listing = await unit.get(Listing, command.listing_id)
    if listing is not None and listing.status == "published" and (listing.expires_at or unit.now) <= unit.now:
        for said in await expire_listing(unit, listing):
            yield said
