"""Rows as the records that events carry."""

from typing import Any

from reptidex.domain.terms import terms_digest
from reptidex.streams.commerce import PolicySnapshot
from reptidex.streams.values import Money, Party
from reptidex.tables.commerce.models import Inquiry, Listing, Policy
from reptidex.tables.commerce.sales import Order, SaleRow


def listing_record(listing: Listing) -> dict[str, Any]:
    """Return the fields of `ListingRecord`."""
    return {
        "listing_id": listing.listing_id,
        "animal_id": listing.animal_id,
        "vivarium_id": listing.vivarium_id,
        "contact_user_id": listing.contact_user_id,
        "title": listing.title,
        "price": Money(amount=listing.price, currency=listing.currency),
        "visibility": listing.visibility,
        "status": listing.status,
        "category": listing.category,
        "species_id": listing.species_id,
        "species": listing.species,
        "morphs": listing.morphs,
        "sex": listing.sex,
        "lineage_status": listing.lineage_status,
        "welfare": listing.welfare,
        "featured_until": listing.featured_until,
        "expires_at": listing.expires_at,
    }


def inquiry_record(inquiry: Inquiry) -> dict[str, Any]:
    """Return the fields of `InquiryRecord`."""
    return {
        "inquiry_id": inquiry.inquiry_id,
        "listing_id": inquiry.listing_id,
        "animal_id": inquiry.animal_id,
        "buyer": Party(vivarium_id=inquiry.buyer_vivarium_id, user_id=inquiry.buyer_user_id),
        "seller": Party(vivarium_id=inquiry.seller_vivarium_id, user_id=inquiry.seller_user_id),
        "state": inquiry.state,
    }


def transaction_record(sale: SaleRow) -> dict[str, Any]:
    """Return the fields of `TransactionRecord` but `step`."""
    return {
        "transaction_id": sale.transaction_id,
        "order_id": sale.order_id,
        "animal_id": sale.animal_id,
        "listing_id": sale.listing_id,
        "buyer": Party(vivarium_id=sale.buyer_vivarium_id, user_id=sale.buyer_user_id),
        "seller": Party(vivarium_id=sale.seller_vivarium_id, user_id=sale.seller_user_id),
        "amount": Money(amount=sale.amount, currency=sale.currency),
        "generation": sale.generation,
    }


def order_record(order: Order) -> dict[str, Any]:
    """Return the fields of `OrderRecord`."""
    return {
        "order_id": order.order_id,
        "transaction_id": order.transaction_id,
        "buyer": Party(vivarium_id=order.buyer_vivarium_id, user_id=order.buyer_user_id),
        "seller": Party(vivarium_id=order.seller_vivarium_id, user_id=order.seller_user_id),
        "lines": order.lines,
        "subtotal": Money(amount=order.subtotal, currency=order.currency),
        "shipping": Money(amount=order.shipping, currency=order.currency),
        "tax": Money(amount=order.tax, currency=order.currency),
        "total": Money(amount=order.total, currency=order.currency),
        "policy": order.policy,
        "status": order.status,
        "inquiry_id": order.inquiry_id,
    }


def policy_snapshot(policy: Policy) -> PolicySnapshot:
    """Return a seller's terms as an order keeps them."""
    terms: dict[str, Any] = {
        "refund_days": policy.refund_days,
        "live_arrival": policy.live_arrival,
        "health_guarantee_days": policy.health_guarantee_days,
        "text": policy.text,
    }
    return PolicySnapshot(digest=terms_digest(**terms), **terms)
