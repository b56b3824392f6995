"""What buyers, sellers and followers are told of the marketplace."""

from collections.abc import AsyncIterator
from typing import Any

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.people import check_here
from reptidex.agents.community.telling import notify
from reptidex.domain.following import target_key
from reptidex.domain.messages import money_text
from reptidex.streams.commands.community import Follow as FollowCommand
from reptidex.streams.commerce import (
    MarketplaceListingPublished,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderRecord,
    SalesInquiryCreated,
    SalesInquiryResponded,
    SalesTransactionDisputed,
    SalesTransactionRefunded,
    SalesTransactionResolved,
)
from reptidex.streams.community import CommunityInteractionFollowed
from reptidex.streams.contract import Event
from reptidex.tables.community import queries
from reptidex.tables.community.models import Contact, Document, Follow


def _listing(event: Any) -> list[str]:
    return [f"listing:{event.listing_id}"]


async def _title(unit: Unit, listing_id: str) -> str:
    document = await unit.get(Document, f"listing:{listing_id}")
    return document.title if document and document.title else "an animal"


@agent(SalesInquiryCreated, prefetch={Document: _listing})
async def tell_seller_of_inquiry(event: SalesInquiryCreated, unit: Unit) -> AsyncIterator[Event]:
    """Tell the seller that somebody asks."""
    facts = {"title": await _title(unit, event.listing_id), "inquiry_id": event.inquiry_id}
    for said in await notify(unit, [event.seller.user_id], "inquiry.created", facts):
        yield said


@agent(SalesInquiryResponded, prefetch={Document: _listing})
async def tell_of_response(event: SalesInquiryResponded, unit: Unit) -> AsyncIterator[Event]:
    """Tell the other side of an inquiry that there is an answer."""
    to = event.buyer if event.by == "seller" else event.seller
    facts = {"title": await _title(unit, event.listing_id), "inquiry_id": event.inquiry_id}
    for said in await notify(unit, [to.user_id], "inquiry.responded", facts):
        yield said


def _order_facts(event: OrderRecord) -> dict[str, str]:
    title = ", ".join(line.title for line in event.lines)
    total = money_text(event.total.amount, event.total.currency)
    return {"title": title, "total": total, "order": event.order_id[-8:], "order_id": event.order_id}


@agent(OrderCreated)
async def tell_of_order(event: OrderCreated, unit: Unit) -> AsyncIterator[Event]:
    """Tell buyer and seller of a new order."""
    facts = _order_facts(event) | {"pay_by": event.pay_by.strftime("%d %B %Y %H:%M UTC")}
    for person, template in ((event.buyer, "order.created.buyer"), (event.seller, "order.created.seller")):
        for said in await notify(unit, [person.user_id], template, facts):
            yield said


@agent(OrderCompleted)
async def tell_of_completion(event: OrderCompleted, unit: Unit) -> AsyncIterator[Event]:
    """Tell buyer and seller that the animal has changed hands."""
    facts = _order_facts(event)
    for person, template in ((event.buyer, "order.completed.buyer"), (event.seller, "order.completed.seller")):
        for said in await notify(unit, [person.user_id], template, facts):
            yield said


REASONS = {
    "reserved": "somebody else was faster",
    "unavailable": "the animal is not to be had any more",
    "held": "the animal is not free",
    "declined": "the payment was declined",
    "expired": "its time ran out",
    "rejected": "the animal could not be handed over; the money goes back",
    "suspended": "an account was suspended",
    "withdrawn": "the offer was withdrawn",
    "requested": "the buyer called it off",
    "provider": "the payment provider could not be reached",
    "disputed": "the buyer's bank took the money back",
}


@agent(OrderCancelled)
async def tell_of_cancellation(event: OrderCancelled, unit: Unit) -> AsyncIterator[Event]:
    """Tell buyer and seller why an order ended."""
    facts = _order_facts(event) | {"reason": REASONS[event.reason]}
    for said in await notify(unit, [event.buyer.user_id, event.seller.user_id], "order.cancelled", facts):
        yield said


@agent(SalesTransactionRefunded, prefetch={Document: _listing})
async def tell_of_refund(event: SalesTransactionRefunded, unit: Unit) -> AsyncIterator[Event]:
    """Tell the buyer that the money is on its way back; their bank, where it took it back, tells them itself."""
    if event.reason == "disputed":
        return
    total = money_text(event.refunded.amount, event.refunded.currency)
    facts = {"title": await _title(unit, event.listing_id), "total": total, "order_id": event.order_id}
    for said in await notify(unit, [event.buyer.user_id], "order.refunded", facts):
        yield said


@agent(SalesTransactionDisputed, prefetch={Document: _listing})
async def tell_of_dispute(event: SalesTransactionDisputed, unit: Unit) -> AsyncIterator[Event]:
    """Tell the seller that a sale is contested, and by when to answer."""
    by = event.respond_by.strftime("%d %B %Y") if event.respond_by else "soon"
    facts = {"title": await _title(unit, event.listing_id), "reason": event.reason, "respond_by": by}
    for said in await notify(unit, [event.seller.user_id], "sale.disputed", facts | {"order_id": event.order_id}):
        yield said


@agent(SalesTransactionResolved, prefetch={Document: _listing})
async def tell_of_verdict(event: SalesTransactionResolved, unit: Unit) -> AsyncIterator[Event]:
    """Tell the seller how the buyer's bank decided."""
    facts = {
        "title": await _title(unit, event.listing_id),
        "total": money_text(event.contested.amount, event.contested.currency),
        "order_id": event.order_id,
    }
    for said in await notify(unit, [event.seller.user_id], f"sale.{event.outcome}", facts):
        yield said


@agent(MarketplaceListingPublished)
async def tell_followers_of_offer(event: MarketplaceListingPublished, unit: Unit) -> AsyncIterator[Event]:
    """Tell those who follow the morph, the species or the seller of a public offer, once however often it is published."""
    if event.visibility != "public":
        return
    interested = await unit.find(queries.followers("morph", event.morphs)) if event.morphs else []
    interested += await unit.find(queries.followers("species", [event.species_id]))
    interested += await unit.find(queries.followers("vivarium", [event.vivarium_id]))
    price = money_text(event.price.amount, event.price.currency)
    facts = {"title": event.title, "price": price, "listing_id": event.listing_id}
    people = [follow.user_id for follow in interested if follow.user_id != event.contact_user_id]
    for said in await notify(unit, people, "listing.followed", facts, once=event.listing_id):
        yield said


@agent(FollowCommand, prefetch={Contact: "user_id"})
async def follow(command: FollowCommand, unit: Unit) -> AsyncIterator[Event]:
    """Keep, or drop, somebody's interest in a target."""
    await check_here(unit, command.user_id)
    compared = target_key(command.target_kind, command.target_id)
    key = f"{command.user_id}:{command.target_kind}:{compared}"
    known = await unit.get(Follow, key)
    if (known is not None) == command.following:
        return
    if command.following:
        unit.put(
            Follow(
                follow_id=key,
                user_id=command.user_id,
                target_kind=command.target_kind,
                target_id=command.target_id,
                target_key=compared,
                since=unit.now,
            )
        )
    else:
        unit.delete(Follow, key)
    yield CommunityInteractionFollowed(
        user_id=command.user_id,
        target_kind=command.target_kind,
        target_id=command.target_id,
        following=command.following,
    )
