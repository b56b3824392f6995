"""What happens to the animal, the seller and their people while an animal is being sold."""

from typing import Any

import pytest

from reptidex.agents.commerce.errors import DoubtedLineageError, WrongStateError
from reptidex.streams.animal import LineageValidated
from reptidex.streams.commands.commerce import RespondInquiry, ReviseListing
from reptidex.streams.core import (
    AuthUserDeleted,
    BillingSubscriptionLapsed,
    OrgMemberAdded,
    OrgMemberRemoved,
    OrgUpdated,
)
from reptidex.streams.ops import AdminModerationDecided
from tests.unit.commerce.market import ANIMAL, BEA, BEA_VIVARIUM, LISTING, SAM, SAM_VIVARIUM, Market, names, uid
from tests.unit.commerce.shop import Shop
from tests.unit.commerce.test_standing import _plan

KIM = uid("kim")


async def _lineage(market: Market, status: Any) -> list[Any]:
    event = LineageValidated(animal_id=ANIMAL, vivarium_id=SAM_VIVARIUM, status=status)
    return await market.harness.handle(event, sequence=market.next())


async def _join(market: Market, user_id: str, version: int) -> None:
    added = OrgMemberAdded(vivarium_id=SAM_VIVARIUM, user_id=user_id, role="herpetologist")
    await market.harness.handle(added, sequence=version)


async def _leave(market: Market, user_id: str, version: int) -> list[Any]:
    left = OrgMemberRemoved(vivarium_id=SAM_VIVARIUM, user_id=user_id, role="herpetologist")
    return await market.harness.handle(left, sequence=version)


@pytest.mark.parametrize(("status", "listing"), [("rejected", "withdrawn"), ("disputed", "published")])
async def test_an_animal_whose_lineage_does_not_stand_is_not_paid_for(
    market: Market, status: str, listing: str
) -> None:
    sale = await market.pay_asked()
    await _lineage(market, status)
    await market.carry_all()

    assert (await market.sale()).step == "failed"
    assert market.core.payments == {sale.payment_id: "canceled"}
    assert (await market.listing()).status == listing


async def test_an_animal_whose_lineage_is_disputed_cannot_be_bought(market: Market) -> None:
    await market.offer()
    inquiry_id = await market.inquire()
    await _lineage(market, "disputed")

    with pytest.raises(DoubtedLineageError):
        await market.convert(inquiry_id)
    await _lineage(market, "confirmed")
    await market.convert(inquiry_id)

    assert (await market.line()).status == "reserved"


async def test_an_offer_whose_lineage_was_rejected_after_the_capture_does_not_come_back(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await _lineage(market, "rejected")
    events = await market.reject(sale)

    assert "marketplace.listing.withdrawn" in names(events)
    assert (await market.listing()).status == "withdrawn"


async def _moderated(market: Market, decision: Any = "remove") -> None:
    decided = AdminModerationDecided(
        subject_id=LISTING, subject_kind="listing", case_id=uid("case"), decision=decision, admin_id=uid("admin")
    )
    await market.harness.handle(decided, sequence=1)


async def _suspended(market: Market) -> None:
    closed = OrgUpdated(
        vivarium_id=SAM_VIVARIUM, name="Sam", kind="personal", plan="hobbyist", owner_id=SAM, status="suspended"
    )
    await market.harness.handle(closed, sequence=2)


@pytest.mark.parametrize("taken_down", [_moderated, _suspended])
async def test_an_offer_taken_down_after_the_capture_does_not_come_back_when_its_sale_fails(
    market: Market, taken_down: Any
) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await taken_down(market)
    during = await market.pass_time(seconds=1)
    await market.reject(sale)

    assert during == []
    assert (await market.listing()).status == "withdrawn"


async def test_an_offer_taken_down_after_the_capture_is_sold_all_the_same(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await _moderated(market)
    await market.pass_time(seconds=1)
    await market.hand_over(sale)

    assert (await market.listing()).status == "sold"


async def test_what_a_colleague_of_the_seller_wrote_is_erased_with_them(market: Market) -> None:
    await market.offer()
    await _join(market, SAM, 1)
    await _join(market, KIM, 2)
    inquiry_id = await market.inquire()
    reply = RespondInquiry(
        animal_id=ANIMAL, inquiry_id=inquiry_id, vivarium_id=SAM_VIVARIUM, user_id=KIM, message="Call me at 555."
    )
    await market.harness.handle(reply)
    await _leave(market, KIM, 3)
    await market.harness.handle(AuthUserDeleted(user_id=KIM, reason="erasure"), sequence=9)
    await market.pass_time(seconds=1)

    assert [note.text for note in (await market.inquiry(inquiry_id)).notes] == ["Is it still there?", ""]


async def test_a_draft_of_a_member_who_left_is_answered_by_another_once_it_is_published(market: Market) -> None:
    await market.hatch()
    await market.draft()
    await _join(market, SAM, 1)
    await _join(market, KIM, 2)
    await _leave(market, SAM, 3)
    await market.publish()

    assert (await market.listing()).contact_user_id == KIM


async def test_who_left_is_not_told_of_a_conversation_any_more(market: Market) -> None:
    await market.offer()
    await _join(market, SAM, 1)
    await _join(market, KIM, 2)
    inquiry_id = await market.inquire()
    await _leave(market, SAM, 3)
    await market.pass_time(seconds=1)
    asked = RespondInquiry(
        animal_id=ANIMAL, inquiry_id=inquiry_id, vivarium_id=BEA_VIVARIUM, user_id=BEA, message="And her weight?"
    )
    [event] = await market.harness.handle(asked)

    assert event.seller.user_id == KIM


async def _decide(market: Market, decision: Any, sequence: int) -> None:
    decided = AdminModerationDecided(
        subject_id=LISTING, subject_kind="listing", case_id=uid("case"), decision=decision, admin_id=uid("admin")
    )
    await market.harness.handle(decided, sequence=sequence)
    await market.pass_time(seconds=1)


async def test_what_a_moderator_hides_strangers_do_not_see_though_it_is_being_sold_or_was(shop: Shop) -> None:
    market, path = shop.market, f"/marketplace/listings/{LISTING}"

    async def seen() -> list[int]:
        return [(await shop.call("GET", path, who))[0] for who in ("", "eve", "sam")]

    await market.draft()
    await market.publish()
    await market.convert(await market.inquire())
    await market.carry()
    sale = await market.sale()
    await market.paid(sale)
    before = await seen()
    await _decide(market, "hide", 1)
    reserved = await seen()
    await market.hand_over(sale)
    sold = await seen()
    await _decide(market, "keep", 2)
    kept = await seen()
    await _decide(market, "remove", 3)

    assert [before, reserved, sold, kept] == [[200] * 3, [404, 404, 200], [404, 404, 200], [200] * 3]
    assert (await seen(), (await market.listing()).status) == ([404, 404, 200], "sold")


async def test_what_a_moderator_hid_stays_hidden_when_the_plan_lapses_while_it_is_being_sold(shop: Shop) -> None:
    market = shop.market
    sale = await market.pay_asked()
    await market.paid(sale)
    await _moderated(market, "hide")
    await market.pass_time(seconds=1)
    await market.harness.handle(BillingSubscriptionLapsed(**_plan(listings=0), previous_plan="breeder"), sequence=2)
    await market.pass_time(seconds=1)
    await market.hand_over(sale)

    status, _ = await shop.call("GET", f"/marketplace/listings/{LISTING}", "eve")
    assert ((await market.listing()).status, status) == ("sold", 404)


@pytest.mark.parametrize("decision", ["hide", "keep"])
async def test_a_plan_that_lapses_and_a_moderator_who_decides_at_once_are_both_obeyed(
    market: Market, decision: Any
) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    lapsed = BillingSubscriptionLapsed(**_plan(listings=0), previous_plan="breeder")
    first = [lambda: market.harness.handle(lapsed, sequence=2), lambda: _moderated(market, decision)]
    for act in first if decision == "keep" else reversed(first):
        await act()
    await market.pass_time(seconds=1)

    assert (await market.listing()).ends_as == ("plan" if decision == "keep" else "moderation")


@pytest.mark.parametrize("paid", [False, True])
async def test_a_seller_who_is_erased_ends_the_unpaid_sale_and_keeps_no_paid_animal(market: Market, paid: bool) -> None:
    sale = await market.pay_asked()
    if paid:
        await market.paid(sale)
    await market.harness.handle(AuthUserDeleted(user_id=SAM, reason="requested"), sequence=2)
    await market.pass_time(seconds=1)
    after = await market.sale()
    if paid:
        await market.hand_over(sale)

    assert after.step == ("transferring" if paid else "voiding")
    assert (await market.order()).status == ("completed" if paid else "cancelled")


async def test_an_offer_that_somebody_is_buying_keeps_its_price(market: Market) -> None:
    sale = await market.pay_asked()
    dearer = ReviseListing(animal_id=ANIMAL, listing_id=LISTING, vivarium_id=SAM_VIVARIUM, price=99_900)
    with pytest.raises(WrongStateError):
        await market.harness.handle(dearer)
    await market.paid(sale)
    await market.hand_over(sale)

    assert ((await market.order()).total, (await market.sale()).amount) == (sale.amount, sale.amount)


async def test_a_payment_that_ends_at_the_very_moment_of_the_deadline_is_one_or_the_other(market: Market) -> None:
    sale = await market.pay_asked()
    await market.pass_time(minutes=15)
    called_off = await market.sale()
    events = await market.paid(sale)
    await market.carry_all()

    assert called_off.step in ("voiding", "failed")
    assert "sales.transaction.completed" not in names(events or [])
    assert (await market.line()).status == "available"
    assert market.core.refunds == {sale.refund_id}
