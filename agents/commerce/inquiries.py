"""Buyers ask, sellers answer; what is said stays in this service."""

from collections.abc import AsyncIterator

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.errors import NotOfferedError, SuspendedError, WrongStateError
from reptidex.agents.commerce.records import inquiry_record
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.commerce import AskSeller, CloseInquiry, EraseWords, RespondInquiry
from reptidex.streams.commerce import SalesInquiryClosed, SalesInquiryCreated, SalesInquiryResponded
from reptidex.streams.contract import Event
from reptidex.tables.commerce.models import Inquiry, Listing, Note, Standing

MOST_NOTES = 200


async def refuse_suspended(unit: Unit, *subjects: str) -> None:
    """Raise `SuspendedError` if one of these people or vivariums may not trade."""
    for subject in subjects:
        standing = await unit.get(Standing, subject)
        if standing is not None and standing.suspended:
            raise SuspendedError("a party of this sale is suspended")


@agent(AskSeller, prefetch={Listing: "listing_id", Standing: lambda c: (c.buyer_vivarium_id, c.buyer_user_id)})
async def ask_seller(command: AskSeller, unit: Unit) -> AsyncIterator[Event]:
    """Open an inquiry about an offer that stands."""
    listing = await unit.need(Listing, command.listing_id)
    if listing.vivarium_id == command.buyer_vivarium_id:
        raise InvalidError("this is your own offer", "/listing_id")
    if listing.status in ("draft", "withdrawn") or listing.visibility == "private":
        raise NotFoundError("listing", command.listing_id)
    if listing.status not in ("published", "reserved"):
        raise NotOfferedError(listing.listing_id, listing.status)
    await refuse_suspended(unit, command.buyer_vivarium_id, command.buyer_user_id)
    inquiry = Inquiry(
        inquiry_id=command.inquiry_id,
        listing_id=listing.listing_id,
        animal_id=listing.animal_id,
        buyer_vivarium_id=command.buyer_vivarium_id,
        buyer_user_id=command.buyer_user_id,
        seller_vivarium_id=listing.vivarium_id,
        seller_user_id=listing.contact_user_id,
        state="needs_reply",
        notes=(Note(by="buyer", user_id=command.buyer_user_id, text=command.message, at=unit.now),),
        created_at=unit.now,
        updated_at=unit.now,
    )
    unit.put(inquiry)
    unit.put(msgspec.structs.replace(listing, inquiries=listing.inquiries + 1))
    unit.answer(inquiry)
    yield SalesInquiryCreated(**inquiry_record(inquiry))


async def own_inquiry(unit: Unit, inquiry_id: str, vivarium_id: str) -> Inquiry:
    """Return an inquiry in which this vivarium is a side. Raises `NotFoundError`, for a foreign one too."""
    inquiry = await unit.need(Inquiry, inquiry_id)
    if vivarium_id not in (inquiry.buyer_vivarium_id, inquiry.seller_vivarium_id):
        raise NotFoundError("inquiry", inquiry_id)
    return inquiry


@agent(RespondInquiry, prefetch={Inquiry: "inquiry_id"})
async def respond_inquiry(command: RespondInquiry, unit: Unit) -> AsyncIterator[Event]:
    """Add an answer: after the seller's it is the buyer's turn, and the other way round."""
    inquiry = await own_inquiry(unit, command.inquiry_id, command.vivarium_id)
    if inquiry.state == "closed":
        raise WrongStateError("this inquiry is closed")
    if len(inquiry.notes) >= MOST_NOTES:
        raise WrongStateError(f"an inquiry holds at most {MOST_NOTES} messages")
    sells = command.vivarium_id == inquiry.seller_vivarium_id
    note = Note(by="seller" if sells else "buyer", user_id=command.user_id, text=command.message, at=unit.now)
    state = inquiry.state if inquiry.state == "converted" else ("awaiting_buyer" if sells else "needs_reply")
    inquiry = msgspec.structs.replace(inquiry, notes=(*inquiry.notes, note), state=state, updated_at=unit.now)
    unit.put(inquiry)
    unit.answer(inquiry)
    yield SalesInquiryResponded(**inquiry_record(inquiry), by=note.by, messages=len(inquiry.notes))


@agent(CloseInquiry, prefetch={Inquiry: "inquiry_id"})
async def close_inquiry(command: CloseInquiry, unit: Unit) -> AsyncIterator[Event]:
    """End an inquiry from either side."""
    inquiry = await own_inquiry(unit, command.inquiry_id, command.vivarium_id)
    if inquiry.state == "converted":
        raise WrongStateError("this inquiry became an order; cancel the order instead")
    if inquiry.state == "closed":
        unit.answer(inquiry)
        return
    inquiry = msgspec.structs.replace(inquiry, state="closed", updated_at=unit.now)
    unit.put(inquiry)
    unit.answer(inquiry)
    buys = command.vivarium_id == inquiry.buyer_vivarium_id
    yield SalesInquiryClosed(**inquiry_record(inquiry), reason="buyer" if buys else "seller")


@agent(EraseWords, prefetch={Inquiry: "inquiry_id"})
async def erase_words(command: EraseWords, unit: Unit) -> None:
    """Erase what a person wrote in an inquiry; that they wrote stays."""
    inquiry = await unit.get(Inquiry, command.inquiry_id)
    if inquiry is not None:
        blank = tuple(
            msgspec.structs.replace(note, text="") if note.user_id == command.user_id else note
            for note in inquiry.notes
        )
        unit.put(msgspec.structs.replace(inquiry, notes=blank))
