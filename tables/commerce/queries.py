"""The questions that repti-commerce asks its database."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Text, cast, or_

from reptidex.tables.commerce.models import Inquiry, Line, Listing, Member
from reptidex.tables.commerce.sales import Order, SaleRow
from reptidex.tables.query import Query, select
from reptidex.tables.row import Condition

UNPAID = ("holding", "paying", "checking")
OPEN_INQUIRY = ("needs_reply", "awaiting_buyer")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer looks for; None and empty mean any."""

    text: str = ""
    species: str | None = None
    species_id: str | None = None
    morph: str | None = None
    sex: str | None = None
    category: str | None = None
    lineage_status: str | None = None
    vivarium_id: str | None = None
    currency: str | None = None
    min_price: int | None = None
    max_price: int | None = None


# By price nothing is put first that costs more: who sorts by it asks for that alone.
ORDERS: dict[str, tuple[str, ...]] = {
    "newest": ("-featured", "-published_at"),
    "cheapest": ("price",),
    "dearest": ("-price",),
}


def offers(wanted: Wanted, sort: str = "newest") -> Query[Listing]:
    """Public offers that can be bought now. Every word of the text must stand in the title, the species or a morph."""
    c = Listing.c
    where: list[Condition] = [c.status == "published", c.visibility == "public"]
    where += [
        column == value
        for column, value in (
            (c.species_id, wanted.species_id),
            (c.sex, wanted.sex),
            (c.category, wanted.category),
            (c.lineage_status, wanted.lineage_status),
            (c.vivarium_id, wanted.vivarium_id),
            (c.currency, wanted.currency),
        )
        if value
    ]
    if wanted.species:
        where.append(c.species.icontains(wanted.species, autoescape=True))
    if wanted.morph:
        where.append(c.morph_text.contains(f"|{wanted.morph.lower()}|", autoescape=True))
    if wanted.min_price is not None:
        where.append(c.price >= wanted.min_price)
    if wanted.max_price is not None:
        where.append(c.price <= wanted.max_price)
    for word in wanted.text.split()[:10]:
        where.append(c.search_text.contains(word.casefold(), autoescape=True))
    return select(Listing, *where, order=ORDERS[sort])


def listings_of(vivarium_id: str, status: str | None = None) -> Query[Listing]:
    """All offers of a seller, drafts too, newest first."""
    where = [Listing.c.vivarium_id == vivarium_id] + ([Listing.c.status == status] if status else [])
    return select(Listing, *where, order=("-created_at",))


def published_by(vivarium_id: str) -> Query[Listing]:
    """The offers of a seller that count against the plan, oldest first."""
    status = Listing.c.status.in_(("published", "reserved"))
    return select(Listing, Listing.c.vivarium_id == vivarium_id, status, order=("published_at",))


def open_offers_of(vivarium_id: str, contact_user_id: str) -> Query[Listing]:
    """The offers of a seller that one person answers for, as far as they have not ended."""
    status = Listing.c.status.in_(("draft", "published", "reserved"))
    return select(Listing, Listing.c.vivarium_id == vivarium_id, status, Listing.c.contact_user_id == contact_user_id)


def inventory_of(vivarium_id: str, *, available_only: bool = False) -> Query[Line]:
    """A vivarium's inventory."""
    where = [Line.c.vivarium_id == vivarium_id] + ([Line.c.status == "available"] if available_only else [])
    return select(Line, *where)


def open_inquiries_on(listing_id: str) -> Query[Inquiry]:
    """Inquiries about an offer that may still become an order."""
    return select(Inquiry, Inquiry.c.listing_id == listing_id, Inquiry.c.state.in_(OPEN_INQUIRY))


def inquiries_of(vivarium_id: str, side: str | None, state: str | None) -> Query[Inquiry]:
    """A vivarium's inquiries as buyer, as seller or as either, latest first."""
    buys, sells = Inquiry.c.buyer_vivarium_id == vivarium_id, Inquiry.c.seller_vivarium_id == vivarium_id
    where = [{"buyer": buys, "seller": sells}.get(side or "", or_(buys, sells))]
    return select(Inquiry, *where, *([Inquiry.c.state == state] if state else []), order=("-updated_at",))


def inquiries_answered_by(vivarium_id: str, user_id: str) -> Query[Inquiry]:
    """The inquiries that a person answers for a vivarium, as buyer or as seller."""
    c = Inquiry.c
    buys = (c.buyer_user_id == user_id) & (c.buyer_vivarium_id == vivarium_id)
    return select(Inquiry, or_(buys, (c.seller_user_id == user_id) & (c.seller_vivarium_id == vivarium_id)))


def inquiries_written_by(user_id: str, vivarium_ids: Sequence[str]) -> Query[Inquiry]:
    """The inquiries in which a person wrote something, for one of these vivariums or for themselves."""
    c = Inquiry.c
    sides = (c.buyer_user_id == user_id, c.seller_user_id == user_id)
    theirs = (c.buyer_vivarium_id.in_(vivarium_ids), c.seller_vivarium_id.in_(vivarium_ids))
    return select(Inquiry, or_(*sides, *theirs), cast(c.notes, Text).contains(user_id, autoescape=True))


def memberships_of(user_id: str) -> Query[Member]:
    """Where a person is or was a member."""
    return select(Member, Member.c.user_id == user_id)


def orders_of(vivarium_id: str, side: str | None, status: str | None) -> Query[Order]:
    """A vivarium's orders as buyer, as seller or as either, newest first."""
    buys, sells = Order.c.buyer_vivarium_id == vivarium_id, Order.c.seller_vivarium_id == vivarium_id
    where = [{"buyer": buys, "seller": sells}.get(side or "", or_(buys, sells))]
    return select(Order, *where, *([Order.c.status == status] if status else []), order=("-created_at",))


def unpaid_sales_of(*, vivarium_id: str | None = None, user_id: str | None = None) -> Query[SaleRow]:
    """Sales that can still be called off in which a vivarium or a person takes part."""
    c = SaleRow.c
    if vivarium_id is not None and user_id is not None:
        party = or_(
            (c.buyer_vivarium_id == vivarium_id) & (c.buyer_user_id == user_id),
            (c.seller_vivarium_id == vivarium_id) & (c.seller_user_id == user_id),
        )
    elif user_id is not None:
        party = or_(c.buyer_user_id == user_id, c.seller_user_id == user_id)
    else:
        party = or_(c.buyer_vivarium_id == vivarium_id, c.seller_vivarium_id == vivarium_id)
    return select(SaleRow, party, c.step.in_(UNPAID))


def unpaid_purchases_of(vivarium_id: str) -> Query[SaleRow]:
    """Sales that keep an animal for a vivarium which has not paid for it yet."""
    return select(SaleRow, SaleRow.c.buyer_vivarium_id == vivarium_id, SaleRow.c.step.in_(UNPAID))


def members_of(vivarium_id: str) -> Query[Member]:
    """The people of a vivarium."""
    return select(Member, Member.c.vivarium_id == vivarium_id, Member.c.role != "")
