"""The rows of repti-commerce: what is offered, asked and owned. Sales and orders stand in `sales`.

A row that mirrors another service's aggregate keeps the version it has seen; what is older is left alone.
"""

from datetime import datetime
from typing import Literal

import msgspec

from reptidex.domain.ownership import DOUBTED
from reptidex.streams.commerce import InquiryState
from reptidex.streams.values import WelfareFlag
from reptidex.tables.row import Row, stored

LineStatus = Literal["available", "reserved", "unavailable"]
ListingStatus = Literal["draft", "published", "reserved", "sold", "withdrawn", "expired"]


@stored("inventory", key="animal_id", indexes=(("vivarium_id", "animal_id"),))
class Line(Row, frozen=True, kw_only=True):
    """An animal in its owner's inventory. One line an animal, for ever: it moves with the ownership."""

    animal_id: str
    vivarium_id: str
    status: LineStatus
    code: str = ""
    name: str = ""
    species_id: str
    species: str
    morphs: tuple[str, ...] = ()
    sex: str = "unknown"
    animal_status: str = "active"
    lineage_status: str = "claimed"
    listing_id: str = ""
    """The offer that is open for it; one at a time."""
    transaction_id: str = ""
    """The sale that it is reserved for."""
    order_id: str = ""
    reserved_until: datetime | None = None
    record_version: int = 0
    status_version: int = 0
    owner_version: int = 0
    lineage_version: int = 0
    transfer_version: int = 0
    updated_at: datetime

    @property
    def sellable(self) -> bool:
        """Whether its owner can sell the animal: alive, there, and not kept back."""
        return self.animal_status == "active"

    @property
    def lineage_stands(self) -> bool:
        """Whether animal would hand it over to a buyer, as far as its lineage goes."""
        return self.lineage_status not in DOUBTED


@stored(
    "listings",
    key="listing_id",
    indexes=(
        ("vivarium_id", "status"),
        ("status", "species", "price"),
        ("animal_id",),
        ("status", "featured", "published_at"),
    ),
)
class Listing(Row, frozen=True, kw_only=True):
    """An offer. What it says of the animal is what animal said when it was published, kept up to date by events."""

    listing_id: str
    animal_id: str
    vivarium_id: str
    contact_user_id: str
    title: str
    description: str = ""
    price: int
    shipping: int = 0
    currency: str
    visibility: str = "public"
    status: ListingStatus = "draft"
    category: str = ""
    species_id: str
    species: str
    venomous: bool = False
    morphs: tuple[str, ...] = ()
    morph_text: str = ""
    """The morphs in lower case, for searching by one of them."""
    search_text: str = ""
    """Title, species and morphs, case folded, for searching by words."""
    sex: str = "unknown"
    lineage_status: str = "claimed"
    welfare: tuple[WelfareFlag, ...] = ()
    promoted: str = ""
    featured: bool = False
    """Whether a promotion runs: it stands before the others."""
    featured_until: datetime | None = None
    published_at: datetime | None = None
    expires_at: datetime | None = None
    inquiries: int = 0
    dearer_at: datetime | None = None
    """When the price or the shipping last rose: who asked before has not seen it."""
    ends_as: str = ""
    """Why the platform takes it down once its sale, which is paid, has failed. `moderation` hides it until then, and for ever."""
    created_at: datetime
    updated_at: datetime


@stored("promotions", key="promotion_id", indexes=(("listing_id", "starts_at"),))
class Promotion(Row, frozen=True, kw_only=True):
    """One stretch of time in which an offer is shown more prominently."""

    promotion_id: str
    listing_id: str
    vivarium_id: str
    kind: str
    starts_at: datetime
    ends_at: datetime


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that one side of an inquiry wrote."""

    by: Literal["buyer", "seller"]
    user_id: str
    text: str
    at: datetime


@stored(
    "inquiries",
    key="inquiry_id",
    indexes=(
        ("buyer_vivarium_id", "updated_at"),
        ("seller_vivarium_id", "state", "updated_at"),
        ("listing_id", "state"),
        ("buyer_user_id",),
        ("seller_user_id",),
    ),
)
class Inquiry(Row, frozen=True, kw_only=True):
    """A conversation about an offer. What is said stays here; events tell only that something was said."""

    inquiry_id: str
    listing_id: str
    animal_id: str
    buyer_vivarium_id: str
    buyer_user_id: str
    seller_vivarium_id: str
    seller_user_id: str
    state: InquiryState
    notes: tuple[Note, ...] = ()
    order_id: str = ""
    created_at: datetime
    updated_at: datetime


@stored("policies", key="vivarium_id")
class Policy(Row, frozen=True, kw_only=True):
    """A seller's terms as they read now."""

    vivarium_id: str
    refund_days: int = 0
    live_arrival: bool = True
    health_guarantee_days: int = 0
    text: str = ""
    updated_at: datetime


@stored("subscriptions", key="vivarium_id")
class Subscription(Row, frozen=True, kw_only=True):
    """What a vivarium's plan lets it do here, as core's events said."""

    vivarium_id: str
    plan: str
    status: str
    max_listings: int | None = None
    promotion: bool = False
    seen_version: int = 0


@stored("members", key="member_id", indexes=(("vivarium_id", "user_id"), ("user_id",)))
class Member(Row, frozen=True, kw_only=True):
    """A person's place in a vivarium. The key is `<vivarium>/<user>`; the role is empty once they left."""

    member_id: str
    vivarium_id: str
    user_id: str
    role: str
    seen_version: int = 0


@stored("standings", key="subject_id")
class Standing(Row, frozen=True, kw_only=True):
    """Whether a person or a vivarium may trade."""

    subject_id: str
    suspended: bool
    seen_version: int = 0
