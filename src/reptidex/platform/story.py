"""The two flows that carry the product, told by two people through public HTTP. The demo and the tests use the same words."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import pyotp

from reptidex.errors import ReptidexError
from reptidex.platform.visitor import Step, Visitor

T = TypeVar("T")
Until = Callable[[Callable[[], Awaitable[T]], str], Awaitable[T]]
"""Asks again and again until the answer is true; the text says what is waited for."""

CRESTED_GECKO = "Correlophus ciliatus"
PRICE = 45_000


class OtherEndError(ReptidexError):
    """A flow has not ended as it is told."""


class Sold(msgspec.Struct, kw_only=True):
    """What the sale left behind, for whoever wants to look at it."""

    animal_id: str
    listing_id: str
    inquiry_id: str
    order_id: str
    transaction_id: str
    conversion: Step
    pedigree_before: Any
    pedigree_after: Any


async def registration(person: Visitor, until: Until[Any]) -> Step:
    """Flow A: register, confirm the address from the mail, sign in, turn on the second factor, read one's own account."""
    step = await person.register()
    token = await until(person.confirmation_token, f"the welcome mail to {person.name}")
    await person.confirm(token)
    await person.sign_in()
    enrolment = await person.call("core", "POST", "/auth/mfa/enroll", what="turns on the second factor")
    code = pyotp.TOTP(enrolment["secret"]).now()
    await person.call("core", "POST", "/auth/mfa/confirm", {"code": code}, what="confirms the second factor")
    await person.call("core", "GET", "/auth/me", what="reads the own account")
    return step


async def species_named(person: Visitor, name: str) -> str:
    """Return the id of a species of the catalogue."""
    found = await person.call("animal", "GET", "/species", what="looks up the species")
    for each in found["items"]:
        if each["scientific_name"] == name:
            species_id: str = each["species_id"]
            return species_id
    raise LookupError(f"{name} is not in the catalogue")


async def bred_hatchling(seller: Visitor) -> dict[str, Any]:
    """Flow B1: register a pair, record their clutch, and register what hatched; return the hatchling's record."""
    species_id = await species_named(seller, CRESTED_GECKO)
    known = {"species_id": species_id, "born_on": "2022-05-01", "birth_precision": "month", "visibility": "public"}

    async def made(path: str, body: dict[str, Any], what: str) -> Any:
        return await seller.call("animal", "POST", path, body, what=what, expect=201)

    sire = await made("/animals", known | {"name": "Basil", "sex": "male"}, "registers Basil")
    dam = await made("/animals", known | {"name": "Olive", "sex": "female"}, "registers Olive")
    today = datetime.now(UTC).date()
    pair = {"dam_id": dam["animal_id"], "sire_ids": [sire["animal_id"]], "season": str(today.year)}
    pairing = await made("/pairings", pair, "pairs them")
    eggs = {"dam_id": dam["animal_id"], "pairing_id": pairing["pairing_id"], "laid": 2, "fertile": 2}
    recorded = await made("/clutches", eggs | {"laid_on": str(today - timedelta(days=75))}, "records the clutch")
    hatch = {
        "hatched_on": str(today - timedelta(days=3)),
        "hatchlings": [{"name": "Kiwi", "sex": "female", "morphs": ["Lilly White"]}],
        "visibility": "public",
    }
    done = await made(f"/clutches/{recorded['clutch']['clutch_id']}/hatchlings", hatch, "registers the hatchling")
    hatchling: dict[str, Any] = done["hatchlings"][0]
    return hatchling


async def offered(seller: Visitor, animal_id: str, until: Until[Any]) -> dict[str, Any]:
    """Flow B2: draft an offer and put it on the marketplace."""
    body = {"animal_id": animal_id, "title": "Kiwi, Lilly White crested gecko", "price": PRICE, "category": "hatchling"}

    async def drafted() -> Any:
        # Commerce hears of the animal by event; until then it does not know the line.
        shelf = await seller.call("commerce", "GET", "/inventory", what="looks at the own inventory")
        return any(line["animal_id"] == animal_id for line in shelf["items"])

    await until(drafted, "the inventory line of the hatchling")
    listing = await seller.call("commerce", "POST", "/marketplace/listings", body, what="drafts an offer", expect=201)
    published: dict[str, Any] = await seller.call(
        "commerce",
        "POST",
        f"/marketplace/listings/{listing['listing_id']}/publish",
        {"welfare_acknowledged": True},
        what="publishes the offer",
    )
    return published


async def found(buyer: Visitor, listing_id: str, until: Until[Any]) -> None:
    """Flow B3, first half: find the offer by a word with a typing error."""

    async def hit() -> Any:
        results = await buyer.call(
            "community", "GET", "/search/animals?q=crestd+gecko+kiwi", what="searches `crestd gecko kiwi`"
        )
        return any(item["entity_id"] == listing_id for item in results["items"])

    await until(hit, "the offer in the search results")
    await buyer.call("commerce", "GET", f"/marketplace/listings/{listing_id}", what="opens the offer")


async def asked(seller: Visitor, buyer: Visitor, listing_id: str) -> str:
    """Flow B3, second half: ask and be answered; return the inquiry's id."""
    question = {"listing_id": listing_id, "message": "Is she feeding well?"}
    inquiry = await buyer.call("commerce", "POST", "/inquiries", question, what="asks the seller", expect=201)
    inquiry_id: str = inquiry["inquiry_id"]
    answer = {"message": "Every night, and she weighs 4 g."}
    await seller.call("commerce", "POST", f"/inquiries/{inquiry_id}/respond", answer, what="answers")
    return inquiry_id


async def bought(
    buyer: Visitor, inquiry_id: str, *, provider: str = "stripe", method: str = "pm_card_visa"
) -> tuple[dict[str, Any], Step]:
    """Flow B3 to B6: turn the inquiry into an order; the animal is reserved when this returns."""
    body = {"payment": {"provider": provider, "method": method}}
    return await buyer.exchange("commerce", "POST", f"/inquiries/{inquiry_id}/convert", body, what="buys", expect=201)


async def order_in(buyer: Visitor, order_id: str, *statuses: str) -> Any:
    """Return the order once it has one of the statuses, else None."""
    order = await buyer.call("commerce", "GET", f"/orders/{order_id}", what="looks at the order")
    return order if order["status"] in statuses else None


async def sale(
    seller: Visitor, buyer: Visitor, until: Until[Any], *, provider: str = "stripe", method: str = "pm_card_visa"
) -> Sold:
    """Flow B whole: breed, offer, find, ask, buy, own. The pedigree is read before and after."""
    hatchling = await bred_hatchling(seller)
    animal_id = hatchling["animal_id"]
    before = await seller.call("animal", "GET", f"/animals/{animal_id}/pedigree/4", what="reads the pedigree")
    listing = await offered(seller, animal_id, until)
    await found(buyer, listing["listing_id"], until)
    inquiry_id = await asked(seller, buyer, listing["listing_id"])
    order, conversion = await bought(buyer, inquiry_id, provider=provider, method=method)

    async def completed() -> Any:
        return await order_in(buyer, order["order_id"], "completed", "cancelled")

    ended = await until(completed, "the end of the sale")
    if ended["status"] != "completed":
        raise OtherEndError(f"the sale has ended {ended['status']}: {ended}")
    owned = await buyer.call("animal", "GET", f"/animals/{animal_id}", what="looks at the animal")
    if owned["vivarium_id"] != buyer.vivarium_id:
        raise OtherEndError(f"the animal is not the buyer's: {owned}")
    after = await buyer.call("animal", "GET", f"/animals/{animal_id}/pedigree/4", what="reads the pedigree again")
    if after["inbreeding"] != before["inbreeding"]:
        raise OtherEndError(f"the sale has changed the pedigree from {before} to {after}")
    return Sold(
        animal_id=animal_id,
        listing_id=listing["listing_id"],
        inquiry_id=inquiry_id,
        order_id=order["order_id"],
        transaction_id=order["transaction_id"],
        conversion=conversion,
        pedigree_before=before,
        pedigree_after=after,
    )
