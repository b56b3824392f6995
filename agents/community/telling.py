"""Which event is told to whom."""

from collections.abc import AsyncIterator

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.notifications import notify
from reptidex.domain.messages import money_text
from reptidex.streams.animal import BreedingClutchCreated
from reptidex.streams.commerce import (
    MarketplaceListingPublished,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderRecord,
    SalesInquiryCreated,
    SalesInquiryResponded,
)
from reptidex.streams.contract import Event
from reptidex.streams.core import AuthSessionReused, AuthSessionStarted, AuthUserCreated, AuthUserDeleted
from reptidex.tables.community import queries
from reptidex.tables.community.models import Contact, Document, Preference


@agent(AuthUserCreated, prefetch={Contact: "user_id"})
async def welcome_user(event: AuthUserCreated, unit: Unit) -> AsyncIterator[Event]:
    """Send a new user the welcome with the link that confirms the address, once."""
    contact = await unit.get(Contact, event.user_id)
    if contact and contact.welcomed:
        return
    unit.put(Contact(user_id=event.user_id, display_name=event.display_name, locale=event.locale, welcomed=True))
    for said in await notify(unit, event.user_id, "welcome", {}):
        yield said


@agent(AuthUserDeleted, prefetch={Contact: "user_id"})
async def forget_user(event: AuthUserDeleted, unit: Unit) -> None:
    """Forget who a deleted user was."""
    unit.delete(Contact, event.user_id)
    unit.delete(Preference, event.user_id)


@agent(AuthSessionStarted)
async def tell_of_new_device(event: AuthSessionStarted, unit: Unit) -> AsyncIterator[Event]:
    """Tell a user that a device not seen before signed in."""
    if event.new_device:
        for said in await notify(unit, event.user_id, "session.new", {"device": event.device or "an unknown device"}):
            yield said


@agent(AuthSessionReused)
async def tell_of_reuse(event: AuthSessionReused, unit: Unit) -> AsyncIterator[Event]:
    """Tell a user that somebody presented a used sign-in."""
    for said in await notify(unit, event.user_id, "session.reused", {}):
        yield said


async def _title(unit: Unit, listing_id: str) -> str:
    document = await unit.get(Document, f"listing:{listing_id}")
    return document.title if document else "your offer"


@agent(SalesInquiryCreated)
async def tell_seller_of_inquiry(event: SalesInquiryCreated, unit: Unit) -> AsyncIterator[Event]:
    """Tell the seller that somebody asks."""
    facts = {"title": await _title(unit, event.listing_id)}
    for said in await notify(unit, event.seller.user_id, "inquiry.created", facts):
        yield said


@agent(SalesInquiryResponded)
async def tell_of_response(event: SalesInquiryResponded, unit: Unit) -> AsyncIterator[Event]:
    """Tell the other side of an inquiry that there is an answer."""
    to = event.buyer if event.by == "seller" else event.seller
    facts = {"title": await _title(unit, event.listing_id)}
    for said in await notify(unit, to.user_id, "inquiry.responded", facts):
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
        for said in await notify(unit, person.user_id, template, facts):
            yield said


@agent(OrderCompleted)
async def tell_of_completion(event: OrderCompleted, unit: Unit) -> AsyncIterator[Event]:
    """Tell buyer and seller that the animal has changed hands."""
    facts = _order_facts(event)
    for person, template in ((event.buyer, "order.completed.buyer"), (event.seller, "order.completed.seller")):
        for said in await notify(unit, person.user_id, template, facts):
            yield said


REASONS = {
    "declined": "the payment was declined",
    "expired": "its time ran out",
    "held": "the animal is not free",
    "rejected": "the animal could not be handed over; the money goes back",
    "requested": "the buyer called it off",
}


@agent(OrderCancelled)
async def tell_of_cancellation(event: OrderCancelled, unit: Unit) -> AsyncIterator[Event]:
    """Tell buyer and seller why an order ended."""
    facts = _order_facts(event) | {"reason": REASONS.get(event.reason, event.reason)}
    for person in (event.buyer, event.seller):
        for said in await notify(unit, person.user_id, "order.cancelled", facts):
            yield said


@agent(MarketplaceListingPublished)
async def tell_followers_of_offer(event: MarketplaceListingPublished, unit: Unit) -> AsyncIterator[Event]:
    """Tell those who follow the morph, the species or the seller of a new offer, each once."""
    interested = await unit.find(queries.followers("morph", list(event.morphs))) if event.morphs else []
    interested += await unit.find(queries.followers("species", [event.species_id]))
    interested += await unit.find(queries.followers("vivarium", [event.vivarium_id]))
    facts = {"title": event.title, "price": money_text(event.price.amount, event.price.currency)}
    for user_id in dict.fromkeys(follow.user_id for follow in interested):
        if user_id != event.contact_user_id:
            for said in await notify(unit, user_id, "listing.followed", facts | {"listing_id": event.listing_id}):
                yield said


@agent(BreedingClutchCreated)
async def tell_followers_of_clutch(event: BreedingClutchCreated, unit: Unit) -> AsyncIterator[Event]:
    """Tell those who follow the breeder of a new clutch."""
    for follow in await unit.find(queries.followers("vivarium", [event.vivarium_id])):
        for said in await notify(unit, follow.user_id, "clutch.created", {"clutch_id": event.clutch_id}):
            yield said
