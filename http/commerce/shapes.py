"""What repti-commerce answers with: rows as their readers may see them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.pricing import MOST_PRICE, MOST_SHIPPING
from reptidex.streams.commerce import OrderLine, PolicySnapshot
from reptidex.streams.values import Money, WelfareFlag
from reptidex.tables.commerce.models import Inquiry, Line, Listing
from reptidex.tables.commerce.sales import Order

Uuid = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", extra_json_schema={"format": "uuid"}
    ),
]
Words = Annotated[str, Meta(min_length=1, max_length=2000)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Shipping = Annotated[int, Meta(ge=0, le=MOST_SHIPPING, description="minor units of the currency")]
Price = Annotated[int, Meta(ge=1, le=MOST_PRICE, description="minor units of the currency")]


class ListingView(msgspec.Struct, frozen=True, kw_only=True):
    """An offer."""

    listing_id: str
    animal_id: str
    vivarium_id: str
    contact_user_id: str
    title: str
    description: str
    price: Money
    shipping: Money
    visibility: str
    status: str
    category: str
    species_id: str
    species: str
    morphs: tuple[str, ...]
    sex: str
    lineage_status: str
    welfare: tuple[WelfareFlag, ...]
    promoted: str
    featured_until: datetime | None
    published_at: datetime | None
    expires_at: datetime | None
    inquiries: int
    created_at: datetime
    updated_at: datetime


def listing_view(row: Listing) -> ListingView:
    """Show an offer."""
    same = {name: getattr(row, name) for name in ListingView.__struct_fields__ if name not in ("price", "shipping")}
    price = Money(amount=row.price, currency=row.currency)
    return ListingView(**same, price=price, shipping=Money(amount=row.shipping, currency=row.currency))


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """An animal in an inventory."""

    animal_id: str
    vivarium_id: str
    status: str
    code: str
    name: str
    species_id: str
    species: str
    morphs: tuple[str, ...]
    sex: str
    animal_status: str
    lineage_status: str
    listing_id: str
    order_id: str
    reserved_until: datetime | None
    updated_at: datetime


def line_view(row: Line) -> LineView:
    """Show an inventory line to its owner."""
    return LineView(**{name: getattr(row, name) for name in LineView.__struct_fields__})


class StockView(msgspec.Struct, frozen=True, kw_only=True):
    """An animal that a breeder has on offer, as everybody may see it."""

    animal_id: str
    vivarium_id: str
    species: str
    morphs: tuple[str, ...]
    sex: str
    lineage_status: str
    listing_id: str


class NoteView(msgspec.Struct, frozen=True, kw_only=True):
    """One message of an inquiry; empty text where its author had it erased."""

    by: str
    text: str
    at: datetime


class InquiryView(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation about an offer, as both sides see it."""

    inquiry_id: str
    listing_id: str
    animal_id: str
    buyer_vivarium_id: str
    buyer_user_id: str
    seller_vivarium_id: str
    seller_user_id: str
    state: str
    notes: list[NoteView]
    order_id: str
    created_at: datetime
    updated_at: datetime


def inquiry_view(row: Inquiry) -> InquiryView:
    """Show an inquiry to one of its sides."""
    same = {name: getattr(row, name) for name in InquiryView.__struct_fields__ if name != "notes"}
    return InquiryView(**same, notes=[NoteView(by=note.by, text=note.text, at=note.at) for note in row.notes])


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order, with the seller's terms as they were when it was made."""

    order_id: str
    transaction_id: str
    inquiry_id: str
    listing_id: str
    animal_id: str
    buyer_vivarium_id: str
    buyer_user_id: str
    seller_vivarium_id: str
    seller_user_id: str
    lines: tuple[OrderLine, ...]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    policy: PolicySnapshot
    status: str
    reason: str
    pay_by: datetime
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


AMOUNTS = ("subtotal", "shipping", "tax", "total")


def order_view(row: Order) -> OrderView:
    """Show an order to one of its sides."""
    same = {name: getattr(row, name) for name in OrderView.__struct_fields__ if name not in AMOUNTS}
    sums: dict[str, Any] = {name: Money(amount=getattr(row, name), currency=row.currency) for name in AMOUNTS}
    return OrderView(**same, **sums)
