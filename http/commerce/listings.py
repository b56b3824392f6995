"""Offers: drafted, revised, published, promoted, withdrawn."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.offer import Category
from reptidex.domain.pricing import Currency
from reptidex.errors import InvalidError, NotFoundError, UnauthenticatedError
from reptidex.http.commerce.shapes import ListingView, Price, Shipping, Title, Uuid, listing_view
from reptidex.http.server.policy import Caller, member, public
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.commerce import (
    Allowance,
    DraftListing,
    Product,
    PromoteListing,
    PublishListing,
    ReviseListing,
    WithdrawListing,
)
from reptidex.streams.commerce import ListingVisibility
from reptidex.tables.commerce.models import Listing, ListingStatus
from reptidex.tables.commerce.queries import Wanted, listings_of, offers

routes = Routes("marketplace")
SHOWN = ("published", "reserved", "sold", "expired")


class NewListing(msgspec.Struct, frozen=True, kw_only=True):
    """An offer to draft. Amounts are in minor units of the currency."""

    animal_id: Uuid
    title: Title
    price: Price
    currency: Currency = "USD"
    shipping: Shipping = 0
    description: Annotated[str, Meta(max_length=2000)] = ""
    visibility: ListingVisibility = "public"
    category: Category = "other"


class ListingChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of an offer; what is left out stays."""

    title: Title | None = None
    price: Price | None = None
    shipping: Shipping | None = None
    description: Annotated[str, Meta(max_length=2000)] | None = None
    visibility: ListingVisibility | None = None
    category: Category | None = None


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """What the seller confirms when an offer goes live."""

    welfare_acknowledged: bool = False
    """Needed where the animal carries a trait with a welfare warning, which buyers are shown."""


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """How, and for how many days, an offer is promoted."""

    kind: Literal["featured", "boosted"] = "featured"
    days: Annotated[int, Meta(ge=1, le=90)] = 7


class ListingFilter(Paging, frozen=True, kw_only=True):
    """Which offers: all public ones, or all of the caller's vivarium."""

    mine: bool = False
    status: ListingStatus | None = None


def visible(listing: Listing, caller: Caller) -> bool:
    """Tell whether somebody may read an offer."""
    if caller.vivarium_id and caller.vivarium_id == listing.vivarium_id:
        return True
    return listing.status in SHOWN and listing.visibility != "private" and listing.ends_as != "moderation"


async def _listing(request: Request[object, object], *, own: bool = True) -> Listing:
    listing = await request.read.need(Listing, request.path["listing_id"])
    allowed = listing.vivarium_id == request.caller.vivarium_id if own else visible(listing, request.caller)
    if not allowed:
        raise NotFoundError("listing", listing.listing_id)
    return listing


async def product_of(request: Request[object, object], animal_id: str) -> Product:
    """Ask animal for an animal of the caller's vivarium. Raises `NotFoundError`, for a foreign one too."""
    product: Product = await request.ports.animal.get(f"/internal/animals/{animal_id}", Product)
    if product.vivarium_id != request.caller.vivarium_id:
        raise NotFoundError("animal", animal_id)
    return product


@routes.post("/marketplace/listings", policy=member("handler"), status=201, errors=(404, 409))
async def draft_listing(request: Request[NewListing, None]) -> ListingView:
    """Draft an offer of an animal of the caller's vivarium."""
    body = request.body
    command = DraftListing(
        animal_id=body.animal_id,
        listing_id=request.new_id(),
        vivarium_id=request.caller.vivarium_id,
        contact_user_id=request.caller.subject,
        title=body.title,
        description=body.description,
        price=body.price,
        shipping=body.shipping,
        currency=body.currency,
        visibility=body.visibility,
        category=body.category,
        product=await product_of(request, body.animal_id),
    )
    return listing_view(await request.ask(command, Listing))


@routes.get("/marketplace/listings", policy=public(), errors=(401,))
async def list_listings(request: Request[None, ListingFilter]) -> Page[ListingView]:
    """List the offers on the marketplace, newest first; with `mine` those of the caller's vivarium, drafts too."""
    asked = request.query
    if asked.mine and not request.caller.vivarium_id:
        raise UnauthenticatedError("sign in to list the offers of your vivarium")
    if asked.status not in (None, "published") and not asked.mine:
        raise InvalidError(
            "the marketplace lists what is published; with `mine=true` your own offers of any status", "/status"
        )
    query = listings_of(request.caller.vivarium_id, asked.status) if asked.mine else offers(Wanted())
    rows, after = await request.read.page(query, request.query)
    return Page(items=[listing_view(row) for row in rows], next=after)


@routes.get("/marketplace/listings/{listing_id}", policy=public(), errors=(404,))
async def get_listing(request: Request[None, None]) -> ListingView:
    """Return an offer; drafts, withdrawn and private ones to their vivarium alone."""
    return listing_view(await _listing(request, own=False))


@routes.put("/marketplace/listings/{listing_id}", policy=member("handler"), errors=(404, 409))
async def revise_listing(request: Request[ListingChanges, None]) -> ListingView:
    """Change an offer that nobody has reserved."""
    listing = await _listing(request)
    changes = msgspec.structs.asdict(request.body)
    command = ReviseListing(
        animal_id=listing.animal_id, listing_id=listing.listing_id, vivarium_id=listing.vivarium_id, **changes
    )
    return listing_view(await request.ask(command, Listing))


@routes.post("/marketplace/listings/{listing_id}/publish", policy=member("curator"), errors=(404, 409))
async def publish_listing(request: Request[Publication, None]) -> ListingView:
    """Put an offer on the marketplace: animal is asked for the animal's facts, core for what the plan allows."""
    listing = await _listing(request)
    vivarium_id = request.caller.vivarium_id
    command = PublishListing(
        animal_id=listing.animal_id,
        listing_id=listing.listing_id,
        vivarium_id=vivarium_id,
        product=await product_of(request, listing.animal_id),
        allowance=await request.ports.core.get(f"/internal/vivariums/{vivarium_id}/entitlements", Allowance),
        welfare_acknowledged=request.body.welfare_acknowledged,
    )
    return listing_view(await request.ask(command, Listing))


@routes.post("/marketplace/listings/{listing_id}/promote", policy=member("curator"), errors=(403, 404, 409))
async def promote_listing(request: Request[Promotion, None]) -> ListingView:
    """Show an offer more prominently, where the plan includes it."""
    listing = await _listing(request)
    command = PromoteListing(
        animal_id=listing.animal_id,
        listing_id=listing.listing_id,
        promotion_id=request.new_id(),
        vivarium_id=listing.vivarium_id,
        kind=request.body.kind,
        days=request.body.days,
    )
    return listing_view(await request.ask(command, Listing))


@routes.delete("/marketplace/listings/{listing_id}", policy=member("curator"), status=204, errors=(404, 409))
async def withdraw_listing(request: Request[None, None]) -> None:
    """Withdraw an offer; a sale of it that is not paid yet is called off."""
    listing = await _listing(request)
    await request.tell(
        WithdrawListing(
            animal_id=listing.animal_id,
            listing_id=listing.listing_id,
            reason="seller",
            vivarium_id=listing.vivarium_id,
        )
    )
