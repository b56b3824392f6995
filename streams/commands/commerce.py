"""What repti-commerce is asked to do. What concerns an animal is keyed by it, so that one writer decides who buys it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.streams.commerce import DisputeReason, ListingVisibility, WithdrawalReason
from reptidex.streams.contract import Command, command
from reptidex.streams.values import (
    Count,
    Currency,
    Id,
    Key,
    LineageStatus,
    LongText,
    Positive,
    Provider,
    Sex,
    Text,
    WelfareFlag,
)

Cents = Annotated[int, Meta(ge=0, le=500_000_000, description="minor units of the currency")]
Price = Annotated[
    int, Meta(ge=1, le=500_000_000, description="minor units; what costs nothing is given at repti-animal")
]


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """An animal as repti-animal described it when it was asked."""

    animal_id: Id
    vivarium_id: Id
    code: Text = ""
    name: Text = ""
    species_id: Id
    species: Text
    venomous: bool = False
    morph: Text = ""
    """Its morphs in one text; the single ones are known from its events."""
    sex: Sex = "unknown"
    status: Text = "active"
    visibility: Text = "private"
    lineage_status: LineageStatus = "claimed"
    welfare: tuple[WelfareFlag, ...] = ()
    held_by: str | None = None


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What repti-core says that a vivarium's plan allows; no limit where `max_listings` is None."""

    vivarium_id: Id
    plan: Text = "hobbyist"
    status: Text = "active"
    max_listings: Count | None = None
    entitlements: tuple[str, ...] = ()


@command(key="animal_id")
class OpenLine(Command, frozen=True, kw_only=True):
    """Open an animal's inventory line, where no event has opened it yet."""

    animal_id: Id
    vivarium_id: Id
    product: Product


@command(key="animal_id")
class DraftListing(Command, frozen=True, kw_only=True):
    """Draft an offer of an animal."""

    animal_id: Id
    listing_id: Id
    vivarium_id: Id
    contact_user_id: Id
    title: Text
    description: LongText = ""
    price: Price
    shipping: Cents = 0
    currency: Currency
    visibility: ListingVisibility = "public"
    category: Text = ""
    product: Product


@command(key="animal_id")
class ReviseListing(Command, frozen=True, kw_only=True):
    """Change an offer's words, price or visibility; what is None stays as it is."""

    animal_id: Id
    listing_id: Id
    vivarium_id: Id
    title: Text | None = None
    description: LongText | None = None
    price: Price | None = None
    shipping: Cents | None = None
    visibility: ListingVisibility | None = None
    category: Text | None = None


@command(key="animal_id")
class PublishListing(Command, frozen=True, kw_only=True):
    """Put an offer on the marketplace, judged by what animal and core said just now."""

    animal_id: Id
    listing_id: Id
    vivarium_id: Id
    product: Product
    allowance: Allowance
    welfare_acknowledged: bool = False


@command(key="animal_id")
class WithdrawListing(Command, frozen=True, kw_only=True):
    """Take an offer off the marketplace; a sale that has not been paid yet is called off."""

    animal_id: Id
    listing_id: Id
    reason: WithdrawalReason
    vivarium_id: Id | None = None
    """The seller who asks; None where the platform does it."""


@command(key="animal_id")
class KeepListing(Command, frozen=True, kw_only=True):
    """Show an offer again that a moderator keeps after all."""

    animal_id: Id
    listing_id: Id


@command(key="animal_id")
class ExpireListing(Command, frozen=True, kw_only=True):
    """End an offer whose time ran out."""

    animal_id: Id
    listing_id: Id


@command(key="animal_id")
class PromoteListing(Command, frozen=True, kw_only=True):
    """Show an offer more prominently for some days."""

    animal_id: Id
    listing_id: Id
    promotion_id: Id
    vivarium_id: Id
    kind: Literal["featured", "boosted"] = "featured"
    days: Annotated[int, Meta(ge=1, le=90)] = 7


@command(key="animal_id")
class EndPromotion(Command, frozen=True, kw_only=True):
    """Show an offer among the others again, whose promotion has ended."""

    animal_id: Id
    listing_id: Id


@command(key="searcher_id")
class RecordSearch(Command, frozen=True, kw_only=True):
    """Record that the marketplace was searched, without what was typed."""

    searcher_id: Key
    terms: Count = 0
    facets: tuple[Text, ...] = ()
    sort: Text = ""
    results: Count = 0
    latency_ms: float = 0.0


@command(key="animal_id")
class AskSeller(Command, frozen=True, kw_only=True):
    """Open an inquiry about an offer."""

    animal_id: Id
    inquiry_id: Id
    listing_id: Id
    buyer_vivarium_id: Id
    buyer_user_id: Id
    message: LongText


@command(key="animal_id")
class RespondInquiry(Command, frozen=True, kw_only=True):
    """Answer the other side of an inquiry."""

    animal_id: Id
    inquiry_id: Id
    vivarium_id: Id
    user_id: Id
    message: LongText


@command(key="animal_id")
class CloseInquiry(Command, frozen=True, kw_only=True):
    """End an inquiry without an order."""

    animal_id: Id
    inquiry_id: Id
    vivarium_id: Id


@command(key="animal_id")
class ConvertInquiry(Command, frozen=True, kw_only=True):
    """Buy: make an order of an inquiry, reserve the animal, begin the sale."""

    animal_id: Id
    inquiry_id: Id
    buyer_vivarium_id: Id
    buyer_user_id: Id
    provider: Provider
    method: Text
    total: Count | None = None
    """What the buyer agrees to pay in all, in minor units of the offer's currency."""
    reserve_s: Positive = 900
    """How long the animal is kept for the buyer until the money must be there."""


@command(key="animal_id")
class CancelOrder(Command, frozen=True, kw_only=True):
    """Call an order off, on the buyer's or the seller's wish, before it is paid."""

    animal_id: Id
    order_id: Id
    vivarium_id: Id


@command(key="animal_id")
class RefundOrder(Command, frozen=True, kw_only=True):
    """Pay the buyer of a completed order back, on the seller's wish: all of it, or a part."""

    animal_id: Id
    order_id: Id
    vivarium_id: Id
    amount: Positive | None = None
    """In minor units of the order's currency; None for all that is left."""


@command(key="animal_id")
class DisputeOrder(Command, frozen=True, kw_only=True):
    """Record that a buyer or their bank contests an order."""

    animal_id: Id
    order_id: Id
    reason: DisputeReason
    provider_reference: Text = ""
    vivarium_id: Id | None = None
    """The buyer who contests; None where the provider or an administrator says so."""


@command(key="vivarium_id")
class SetPolicy(Command, frozen=True, kw_only=True):
    """Write a seller's terms anew; orders that were made keep the terms they were made under."""

    vivarium_id: Id
    refund_days: Count = 0
    live_arrival: bool = True
    health_guarantee_days: Count = 0
    text: LongText = ""


@command(key="animal_id")
class EraseWords(Command, frozen=True, kw_only=True):
    """Erase what a person wrote in an inquiry."""

    animal_id: Id
    inquiry_id: Id
    user_id: Id
