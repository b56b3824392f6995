"""Inquiries: asked, answered, closed, and turned into orders."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.commerce.listings import visible
from reptidex.http.commerce.shapes import InquiryView, OrderView, Uuid, Words, inquiry_view, order_view
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.commerce import AskSeller, CloseInquiry, ConvertInquiry, RespondInquiry
from reptidex.streams.commerce import InquiryState
from reptidex.streams.values import Provider
from reptidex.tables.commerce.models import Inquiry, Listing
from reptidex.tables.commerce.queries import inquiries_of
from reptidex.tables.commerce.sales import Order

routes = Routes("inquiries")


class NewInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """A question about an offer."""

    listing_id: Uuid
    message: Words


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to the other side."""

    message: Words


class StatusChange(msgspec.Struct, frozen=True, kw_only=True):
    """How an inquiry goes on; the other states follow from what is written."""

    status: Literal["closed"]


class PaymentChoice(msgspec.Struct, frozen=True, kw_only=True):
    """How the buyer pays: the provider, and its token of a stored means of payment."""

    provider: Provider
    method: Annotated[str, Meta(max_length=200)] = ""
    """Empty where the buyer chooses at the provider's own page (PayPal)."""


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """What an order needs beside the inquiry."""

    payment: PaymentChoice
    total: Annotated[int, Meta(ge=0, le=1_000_000_000, description="minor units of the currency")] | None = None
    """What the buyer was shown that it costs in all, with shipping: at another price nothing is bought."""


class InquiryFilter(Paging, frozen=True, kw_only=True):
    """Which inquiries of the caller's vivarium."""

    side: Literal["buyer", "seller"] | None = None
    state: InquiryState | None = None


async def _inquiry(request: Request[object, object]) -> Inquiry:
    inquiry = await request.read.need(Inquiry, request.path["inquiry_id"])
    if request.caller.vivarium_id not in (inquiry.buyer_vivarium_id, inquiry.seller_vivarium_id):
        raise NotFoundError("inquiry", inquiry.inquiry_id)
    return inquiry


@routes.post("/inquiries", policy=member("handler", cost=5), status=201, errors=(403, 404, 409))
async def ask_seller(request: Request[NewInquiry, None]) -> InquiryView:
    """Ask about an offer."""
    listing = await request.read.need(Listing, request.body.listing_id)
    if not visible(listing, request.caller):
        raise NotFoundError("listing", listing.listing_id)
    command = AskSeller(
        animal_id=listing.animal_id,
        inquiry_id=request.new_id(),
        listing_id=listing.listing_id,
        buyer_vivarium_id=request.caller.vivarium_id,
        buyer_user_id=request.caller.subject,
        message=request.body.message,
    )
    return inquiry_view(await request.ask(command, Inquiry))


@routes.get("/inquiries", policy=member("keeper"))
async def list_inquiries(request: Request[None, InquiryFilter]) -> Page[InquiryView]:
    """List the inquiries of the caller's vivarium, as buyer and as seller, latest first."""
    query = inquiries_of(request.caller.vivarium_id, request.query.side, request.query.state)
    rows, after = await request.read.page(query, request.query)
    return Page(items=[inquiry_view(row) for row in rows], next=after)


@routes.get("/inquiries/{inquiry_id}", policy=member("keeper"), errors=(404,))
async def get_inquiry(request: Request[None, None]) -> InquiryView:
    """Return an inquiry with everything that was said."""
    return inquiry_view(await _inquiry(request))


@routes.post("/inquiries/{inquiry_id}/respond", policy=member("handler"), errors=(404, 409))
async def respond_inquiry(request: Request[Response, None]) -> InquiryView:
    """Answer the other side."""
    inquiry = await _inquiry(request)
    command = RespondInquiry(
        animal_id=inquiry.animal_id,
        inquiry_id=inquiry.inquiry_id,
        vivarium_id=request.caller.vivarium_id,
        user_id=request.caller.subject,
        message=request.body.message,
    )
    return inquiry_view(await request.ask(command, Inquiry))


@routes.put("/inquiries/{inquiry_id}/status", policy=member("handler"), errors=(404, 409))
async def close_inquiry(request: Request[StatusChange, None]) -> InquiryView:
    """Close an inquiry, from either side."""
    inquiry = await _inquiry(request)
    command = CloseInquiry(
        animal_id=inquiry.animal_id, inquiry_id=inquiry.inquiry_id, vivarium_id=request.caller.vivarium_id
    )
    return inquiry_view(await request.ask(command, Inquiry))


@routes.post("/inquiries/{inquiry_id}/convert", policy=member("curator", cost=5), status=201, errors=(403, 404, 409))
async def convert_inquiry(request: Request[Conversion, None]) -> OrderView:
    """Buy: reserve the animal and begin the sale. Everybody but the first buyer gets 409.

    The answer says that the animal is reserved. Whether the sale goes through is read at `GET /orders/{order_id}`.
    """
    inquiry = await _inquiry(request)
    payment = request.body.payment
    if payment.provider == "stripe" and not payment.method:
        raise InvalidError("Stripe needs a means of payment (`pm_…`)", "/payment/method")
    command = ConvertInquiry(
        animal_id=inquiry.animal_id,
        inquiry_id=inquiry.inquiry_id,
        buyer_vivarium_id=request.caller.vivarium_id,
        buyer_user_id=request.caller.subject,
        provider=payment.provider,
        method=payment.method,
        total=request.body.total,
        reserve_s=request.ports.reserve_s,
    )
    return order_view(await request.ask(command, Order))
