"""What repti-commerce holds of a person."""

from msgspec.structs import replace

from reptidex.tables.commerce.models import (
    Inquiry,
    Line,
    Listing,
    Member,
    Policy,
    Promotion,
    Standing,
    Subscription,
)
from reptidex.tables.commerce.sales import Order, SaleRow
from reptidex.tables.personal import OF_VIVARIUM, Held, Personal

_SOLD = "what was sold, which the law wants kept, under an id without a name"


def _own_words(inquiry: Inquiry, user_id: str) -> Inquiry:
    return replace(inquiry, notes=tuple(note for note in inquiry.notes if note.user_id == user_id))


PERSONAL = Personal(
    held=(
        Held(
            row=Inquiry,
            by=("buyer_user_id", "seller_user_id"),
            trimmed=_own_words,
            stays="that there was a conversation, without the person's words",
        ),
        # Whoever sells does so for the vivarium, whose orders they are.
        Held(row=Order, by=("buyer_user_id",), beside=("seller_user_id",), stays=_SOLD),
        Held(row=SaleRow, by=("buyer_user_id",), beside=("seller_user_id",), withheld=("method",), stays=_SOLD),
        Held(row=Member, by=("user_id",), stays="that they left, so that older news does not bring them back"),
        Held(row=Standing, by=("subject_id",), stays="that they may not trade"),
    ),
    left_out={
        Line: OF_VIVARIUM,
        Listing: OF_VIVARIUM,
        Policy: OF_VIVARIUM,
        Promotion: OF_VIVARIUM,
        Subscription: OF_VIVARIUM,
    },
    elsewhere={"/orders": "the orders of a vivarium", "/inquiries": "its conversations, with both sides' words"},
)
