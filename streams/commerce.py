"""The events that repti-commerce publishes: the marketplace, sales, inventory, orders."""

from typing import Literal

import msgspec

from reptidex.streams.contract import Event, event
from reptidex.streams.values import (
    Count,
    Digest,
    Id,
    Key,
    LineageStatus,
    LongText,
    Money,
    Party,
    Positive,
    Sex,
    Text,
    Time,
    WelfareFlag,
)

TransactionStep = Literal["reserve", "hold", "pay", "transfer", "complete", "refund", "release"]
OrderStatus = Literal["pending", "reserved", "held", "paid", "transferring", "completed", "cancelled"]
InquiryState = Literal["needs_reply", "awaiting_buyer", "converted", "closed"]
SaleFailure = Literal[
    "reserved",
    "unavailable",
    "held",
    "declined",
    "expired",
    "rejected",
    "suspended",
    "withdrawn",
    "requested",
    "provider",
    "disputed",
]
"""Why a sale ended without an animal changing hands."""
ListingVisibility = Literal["public", "unlisted", "private"]
WithdrawalReason = Literal["seller", "animal", "transferred", "plan", "moderation", "erased"]
DisputeReason = Literal["fraud", "unrecognised", "undelivered", "misdescribed", "ill", "duplicate", "other"]


class ListingRecord(Event, frozen=True, kw_only=True):
    """An offer on the marketplace, whole."""

    listing_id: Id
    animal_id: Id
    vivarium_id: Id
    """The seller."""
    contact_user_id: Id
    """The member who answers inquiries and is told of sales."""
    title: Text
    price: Money
    visibility: ListingVisibility = "public"
    status: Literal["draft", "published", "reserved", "sold", "withdrawn", "expired"]
    category: Text = ""
    species_id: Id
    species: Text
    morphs: tuple[Text, ...] = ()
    sex: Sex = "unknown"
    lineage_status: LineageStatus = "claimed"
    welfare: tuple[WelfareFlag, ...] = ()
    featured_until: Time | None = None
    expires_at: Time | None = None


@event("marketplace.listing.created", key="listing_id")
class MarketplaceListingCreated(ListingRecord, frozen=True, kw_only=True):
    """An offer was drafted."""


@event("marketplace.listing.updated", key="listing_id")
class MarketplaceListingUpdated(ListingRecord, frozen=True, kw_only=True):
    """An offer's words, price, visibility or status changed."""

    changed: tuple[Text, ...] = ()


@event("marketplace.listing.published", key="listing_id")
class MarketplaceListingPublished(ListingRecord, frozen=True, kw_only=True):
    """An offer was put on the marketplace."""

    published_at: Time


@event("marketplace.listing.withdrawn", key="listing_id")
class MarketplaceListingWithdrawn(Event, frozen=True, kw_only=True):
    """An offer was taken off the marketplace."""

    listing_id: Id
    animal_id: Id
    vivarium_id: Id
    reason: WithdrawalReason


@event("marketplace.listing.sold", key="listing_id")
class MarketplaceListingSold(Event, frozen=True, kw_only=True):
    """The animal of an offer was sold by it."""

    listing_id: Id
    animal_id: Id
    vivarium_id: Id
    order_id: Id
    buyer_vivarium_id: Id
    price: Money


@event("marketplace.listing.expired", key="listing_id")
class MarketplaceListingExpired(Event, frozen=True, kw_only=True):
    """An offer's time on the marketplace ran out."""

    listing_id: Id
    animal_id: Id
    vivarium_id: Id
    expired_at: Time


@event("marketplace.listing.promoted", key="listing_id")
class MarketplaceListingPromoted(Event, frozen=True, kw_only=True):
    """An offer is shown more prominently for a while."""

    listing_id: Id
    animal_id: Id
    vivarium_id: Id
    promotion_id: Id
    kind: Literal["featured", "boosted"] = "featured"
    starts_at: Time
    ends_at: Time
    cost: Money


@event("marketplace.search.performed", key="searcher_id")
class MarketplaceSearchPerformed(Event, frozen=True, kw_only=True):
    """Somebody searched the marketplace; what they typed is not kept."""

    searcher_id: Key
    """The vivarium, or `anonymous`."""
    terms: Count = 0
    """How many words were typed."""
    facets: tuple[Text, ...] = ()
    """The names of the filters that were set."""
    sort: Text = ""
    results: Count
    latency_ms: float


class InquiryRecord(Event, frozen=True, kw_only=True):
    """A conversation about an offer; what is said in it stays at repti-commerce."""

    inquiry_id: Id
    listing_id: Id
    animal_id: Id
    buyer: Party
    seller: Party
    state: InquiryState


@event("sales.inquiry.created", key="inquiry_id")
class SalesInquiryCreated(InquiryRecord, frozen=True, kw_only=True):
    """A buyer asked about an offer."""


@event("sales.inquiry.responded", key="inquiry_id")
class SalesInquiryResponded(InquiryRecord, frozen=True, kw_only=True):
    """One side of an inquiry answered the other."""

    by: Literal["buyer", "seller"]
    messages: Positive


@event("sales.inquiry.closed", key="inquiry_id")
class SalesInquiryClosed(InquiryRecord, frozen=True, kw_only=True):
    """An inquiry came to its end without an order."""

    reason: Literal["buyer", "seller", "sold", "withdrawn", "stale"]


@event("sales.inquiry.converted", key="inquiry_id")
class SalesInquiryConverted(InquiryRecord, frozen=True, kw_only=True):
    """An inquiry became an order."""

    order_id: Id


class TransactionRecord(Event, frozen=True, kw_only=True):
    """The sale of one animal, as the saga that carries it out stands."""

    transaction_id: Id
    order_id: Id
    animal_id: Id
    listing_id: Id
    buyer: Party
    seller: Party
    amount: Money
    step: TransactionStep
    """The step that was reached or that failed."""
    generation: Count = 0
    """The fencing generation: an answer to an older one is ignored."""


@event("sales.transaction.started", key="transaction_id")
class SalesTransactionStarted(TransactionRecord, frozen=True, kw_only=True):
    """The sale of an animal began."""

    deadline: Time


@event("sales.transaction.completed", key="transaction_id")
class SalesTransactionCompleted(TransactionRecord, frozen=True, kw_only=True):
    """The animal is paid for: repti-animal moves the ownership."""

    payment_id: Id


@event("sales.transaction.failed", key="transaction_id")
class SalesTransactionFailed(TransactionRecord, frozen=True, kw_only=True):
    """A sale ended before any money was taken."""

    reason: SaleFailure


@event("sales.transaction.refunded", key="transaction_id")
class SalesTransactionRefunded(TransactionRecord, frozen=True, kw_only=True):
    """The buyer has the money back: the sale was undone, or its seller (`requested`) or a bank (`disputed`) decided so."""

    reason: SaleFailure
    refunded: Money
    """All that the buyer has back so far; less than `amount` where it is a part."""
    refund_reference: Text = ""


@event("sales.transaction.disputed", key="transaction_id")
class SalesTransactionDisputed(TransactionRecord, frozen=True, kw_only=True):
    """A buyer or their bank contests a sale."""

    reason: DisputeReason
    provider_reference: Text = ""
    respond_by: Time | None = None


@event("sales.transaction.resolved", key="transaction_id")
class SalesTransactionResolved(TransactionRecord, frozen=True, kw_only=True):
    """A sale that a bank contested is contested no more."""

    outcome: Literal["won", "lost"]
    """From the seller's side: whether the money stays."""
    provider_reference: Text
    contested: Money


@event("inventory.reserved", key="animal_id")
class InventoryReserved(Event, frozen=True, kw_only=True):
    """An animal is kept for one order until a deadline."""

    animal_id: Id
    vivarium_id: Id
    order_id: Id
    until: Time


@event("inventory.available", key="animal_id")
class InventoryAvailable(Event, frozen=True, kw_only=True):
    """An animal can be offered or ordered."""

    animal_id: Id
    vivarium_id: Id
    reason: Literal["registered", "released", "expired", "returned"]
    order_id: Id | None = None
    """The order that let go of it."""


@event("inventory.transferred", key="animal_id")
class InventoryTransferred(Event, frozen=True, kw_only=True):
    """An animal's line moved to its new owner's inventory."""

    animal_id: Id
    from_vivarium_id: Id
    to_vivarium_id: Id
    order_id: Id | None = None


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One animal of an order, with what a shipping manifest must say of it (50 CFR 14.81)."""

    animal_id: Id
    listing_id: Id
    title: Text
    species: Text
    """The scientific name."""
    venomous: bool = False
    price: Money


class PolicySnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The seller's terms as they read when the order was made."""

    digest: Digest
    refund_days: Count = 0
    live_arrival: bool = True
    health_guarantee_days: Count = 0
    text: LongText = ""


class OrderRecord(Event, frozen=True, kw_only=True):
    """An order, whole. Addresses stay at repti-commerce."""

    order_id: Id
    transaction_id: Id
    buyer: Party
    seller: Party
    lines: tuple[OrderLine, ...]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    policy: PolicySnapshot
    status: OrderStatus
    inquiry_id: Id | None = None


@event("order.created", key="order_id")
class OrderCreated(OrderRecord, frozen=True, kw_only=True):
    """An order was made."""

    pay_by: Time


@event("order.updated", key="order_id")
class OrderUpdated(OrderRecord, frozen=True, kw_only=True):
    """An order moved on to another status."""

    previous_status: OrderStatus


@event("order.completed", key="order_id")
class OrderCompleted(OrderRecord, frozen=True, kw_only=True):
    """An order is fulfilled: paid, and the animal with its new owner."""

    completed_at: Time


@event("order.cancelled", key="order_id")
class OrderCancelled(OrderRecord, frozen=True, kw_only=True):
    """An order was called off; nothing of it stays reserved, held or paid."""

    reason: SaleFailure
    refund_due: Money | None = None
    """What the buyer gets back; None where nothing had been taken."""
