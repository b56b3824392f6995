"""An inquiry becomes an order, and the sale begins."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.errors import (
    DoubtedLineageError,
    NotOfferedError,
    PriceChangedError,
    ReservedError,
    TooManyUnpaidError,
    WrongStateError,
)
from reptidex.agents.commerce.inquiries import refuse_suspended
from reptidex.agents.commerce.records import inquiry_record, order_record, policy_snapshot, transaction_record
from reptidex.agents.commerce.saga import begin_sale
from reptidex.agents.commerce.turns import take_turn
from reptidex.domain.pricing import totals
from reptidex.errors import NotFoundError
from reptidex.streams.commands.commerce import ConvertInquiry
from reptidex.streams.commerce import OrderCreated, OrderLine, SalesInquiryConverted, SalesTransactionStarted
from reptidex.streams.contract import Event
from reptidex.streams.values import Money
from reptidex.tables.commerce.models import Inquiry, Line, Listing, Policy, Standing
from reptidex.tables.commerce.queries import unpaid_purchases_of
from reptidex.tables.commerce.sales import Order, SaleRow

MOST_UNPAID = 10
"""How many animals may be kept for one buyer who has not paid: else one could empty the marketplace without a cent."""


def _check_price(command: ConvertInquiry, inquiry: Inquiry, listing: Listing) -> None:
    """See that the buyer knows the price. Raises `PriceChangedError` where it is not what they agree to, or rose unseen."""
    total = totals([listing.price], shipping=listing.shipping).total
    rose = listing.dearer_at is not None and listing.dearer_at >= inquiry.created_at
    if command.total != total if command.total is not None else rose:
        raise PriceChangedError(total, listing.currency)


async def _wanted(command: ConvertInquiry, unit: Unit) -> tuple[Inquiry, Listing]:
    """Return what is to be bought. Raises what stands in the way; `ReservedError` for everybody but the first buyer."""
    inquiry = await unit.need(Inquiry, command.inquiry_id)
    if inquiry.buyer_vivarium_id != command.buyer_vivarium_id:
        raise NotFoundError("inquiry", command.inquiry_id)
    if inquiry.state == "converted":
        raise WrongStateError("this inquiry became an order already; ask anew to buy again")
    listing = await unit.need(Listing, inquiry.listing_id)
    if inquiry.state == "closed" and listing.status != "sold":
        raise WrongStateError("this inquiry is closed")
    line = await unit.need(Line, inquiry.animal_id)
    if line.status == "reserved" or listing.status in ("reserved", "sold"):
        raise ReservedError(line.animal_id)
    if listing.status != "published" or line.vivarium_id != listing.vivarium_id or line.status != "available":
        raise NotOfferedError(listing.listing_id, listing.status)
    if not line.lineage_stands:
        raise DoubtedLineageError(line.animal_id, line.lineage_status)
    _check_price(command, inquiry, listing)
    await take_turn(unit, command.buyer_vivarium_id)
    if len(await unit.find(unpaid_purchases_of(command.buyer_vivarium_id))) >= MOST_UNPAID:
        raise TooManyUnpaidError(f"{MOST_UNPAID} animals are kept for you already: pay for them, or cancel an order")
    await refuse_suspended(
        unit, command.buyer_vivarium_id, command.buyer_user_id, listing.vivarium_id, listing.contact_user_id
    )
    return inquiry, listing


async def _order(command: ConvertInquiry, inquiry: Inquiry, listing: Listing, unit: Unit) -> Order:
    policy = await unit.get(Policy, listing.vivarium_id) or Policy(vivarium_id=listing.vivarium_id, updated_at=unit.now)
    sums = totals([listing.price], shipping=listing.shipping)
    line = OrderLine(
        animal_id=listing.animal_id,
        listing_id=listing.listing_id,
        title=listing.title,
        species=listing.species,
        venomous=listing.venomous,
        price=Money(amount=listing.price, currency=listing.currency),
    )
    return Order(
        order_id=unit.new_id(),
        transaction_id=unit.new_id(),
        inquiry_id=inquiry.inquiry_id,
        listing_id=listing.listing_id,
        animal_id=listing.animal_id,
        buyer_vivarium_id=command.buyer_vivarium_id,
        buyer_user_id=command.buyer_user_id,
        seller_vivarium_id=listing.vivarium_id,
        seller_user_id=listing.contact_user_id,
        lines=(line,),
        currency=listing.currency,
        subtotal=sums.subtotal,
        shipping=sums.shipping,
        tax=sums.tax,
        total=sums.total,
        policy=policy_snapshot(policy),
        status="reserved",
        pay_by=unit.now + timedelta(seconds=command.reserve_s),
        created_at=unit.now,
        updated_at=unit.now,
    )


def _sale(command: ConvertInquiry, order: Order, unit: Unit) -> SaleRow:
    return SaleRow(
        transaction_id=order.transaction_id,
        order_id=order.order_id,
        animal_id=order.animal_id,
        listing_id=order.listing_id,
        buyer_vivarium_id=order.buyer_vivarium_id,
        buyer_user_id=order.buyer_user_id,
        seller_vivarium_id=order.seller_vivarium_id,
        seller_user_id=order.seller_user_id,
        amount=order.total,
        currency=order.currency,
        provider=command.provider,
        method=command.method,
        payment_id=unit.new_id(),
        refund_id=unit.new_id(),
        reserved_until=order.pay_by,
        step="holding",
        generation=1,
        hold="asked",
        money="none",
        started_at=unit.now,
        updated_at=unit.now,
    )


@agent(
    ConvertInquiry,
    prefetch={Inquiry: "inquiry_id", Line: "animal_id", Standing: lambda c: (c.buyer_vivarium_id, c.buyer_user_id)},
)
async def convert_inquiry(command: ConvertInquiry, unit: Unit) -> AsyncIterator[Event]:
    """Make an order with the seller's terms as they read now, reserve the animal, begin the sale."""
    inquiry, listing = await _wanted(command, unit)
    order = await _order(command, inquiry, listing, unit)
    unit.put(order)
    inquiry = msgspec.structs.replace(inquiry, state="converted", order_id=order.order_id, updated_at=unit.now)
    unit.put(inquiry)
    unit.answer(order)
    sale = _sale(command, order, unit)
    yield SalesInquiryConverted(**inquiry_record(inquiry), order_id=order.order_id)
    yield OrderCreated(**order_record(order), pay_by=order.pay_by)
    yield SalesTransactionStarted(**transaction_record(sale), step="reserve", deadline=sale.reserved_until)
    for said in await begin_sale(unit, sale):
        yield said
