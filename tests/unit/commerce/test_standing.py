"""Plans, members and suspensions decide who may trade."""

from typing import Any

import pytest

from reptidex.agents.commerce.errors import NotPublishableError, SuspendedError
from reptidex.errors import ForbiddenError
from reptidex.streams.commands.commerce import PromoteListing
from reptidex.streams.core import (
    AuthUserDeleted,
    AuthUserUpdated,
    BillingSubscriptionLapsed,
    BillingSubscriptionUpdated,
    Entitlements,
    OrgMemberAdded,
    OrgMemberRemoved,
    OrgUpdated,
)
from reptidex.streams.ops import AdminModerationDecided
from reptidex.streams.values import WelfareFlag
from tests.unit.commerce.market import (
    ANIMAL,
    BEA,
    BEA_VIVARIUM,
    LISTING,
    SAM,
    SAM_VIVARIUM,
    Market,
    names,
    product,
    uid,
)


def _suspended(user_id: str) -> AuthUserUpdated:
    return AuthUserUpdated(user_id=user_id, changed=("status",), status="suspended")


async def test_a_buyer_suspended_in_mid_sale_loses_the_reservation_and_pays_nothing(market: Market) -> None:
    sale = await market.pay_asked()
    await market.harness.handle(_suspended(BEA), sequence=2)
    await market.carry_all()

    assert (await market.sale()).reason == "suspended"
    assert market.core.payments == {sale.payment_id: "canceled"}
    assert market.animal.holds == {}


async def test_a_suspension_after_the_capture_does_not_stop_the_transfer(market: Market) -> None:
    sale = await market.pay_asked()
    await market.paid(sale)
    await market.harness.handle(_suspended(BEA), sequence=2)
    events = await market.hand_over(sale)

    assert names(events)[-1] == "order.completed"


async def test_a_suspended_buyer_cannot_ask_about_an_offer(market: Market) -> None:
    await market.offer()
    await market.harness.handle(_suspended(BEA), sequence=2)

    with pytest.raises(SuspendedError):
        await market.inquire()


async def test_a_member_who_left_ends_the_sale_that_they_made(market: Market) -> None:
    await market.pay_asked()
    await market.harness.handle(OrgMemberRemoved(vivarium_id=BEA_VIVARIUM, user_id=BEA, role="curator"), sequence=3)

    assert (await market.sale()).step == "voiding"


async def test_the_offers_of_a_member_who_left_are_answered_by_another(market: Market) -> None:
    other = uid("kim")
    await market.offer()
    for version, user_id in ((1, SAM), (2, other)):
        added = OrgMemberAdded(vivarium_id=SAM_VIVARIUM, user_id=user_id, role="herpetologist")
        await market.harness.handle(added, sequence=version)
    await market.harness.handle(
        OrgMemberRemoved(vivarium_id=SAM_VIVARIUM, user_id=SAM, role="herpetologist"), sequence=3
    )

    assert (await market.listing()).contact_user_id == other


async def test_a_suspended_vivarium_loses_its_offers(market: Market) -> None:
    await market.offer()
    closed = OrgUpdated(
        vivarium_id=SAM_VIVARIUM, name="Sam", kind="personal", plan="hobbyist", owner_id=SAM, status="suspended"
    )
    await market.harness.handle(closed, sequence=2)
    events = await market.pass_time(seconds=1)

    assert names(events) == ["marketplace.listing.withdrawn"]


async def test_a_moderator_s_decision_takes_an_offer_down(market: Market) -> None:
    await market.offer()
    decided = AdminModerationDecided(
        subject_id=LISTING, subject_kind="listing", case_id=uid("case"), decision="hide", admin_id=uid("admin")
    )
    await market.harness.handle(decided, sequence=1)
    events = await market.pass_time(seconds=1)

    assert [event.reason for event in events] == ["moderation"]


async def test_a_lapsed_plan_withdraws_the_offers_above_its_limit(market: Market) -> None:
    await market.offer()
    lapsed = BillingSubscriptionLapsed(**_plan(listings=0), previous_plan="breeder")
    await market.harness.handle(lapsed, sequence=2)
    events = await market.pass_time(seconds=1)

    assert [event.reason for event in events] == ["plan"]


async def test_promotion_needs_a_plan_that_includes_it(market: Market) -> None:
    await market.offer()
    promote = PromoteListing(animal_id=ANIMAL, listing_id=LISTING, promotion_id=uid("promo"), vivarium_id=SAM_VIVARIUM)
    with pytest.raises(ForbiddenError):
        await market.harness.handle(promote)
    await market.harness.handle(BillingSubscriptionUpdated(**_plan(promotion=True)), sequence=2)

    assert names(await market.harness.handle(promote)) == ["marketplace.listing.promoted"]


async def test_an_older_subscription_event_changes_nothing(market: Market) -> None:
    await market.offer()
    await market.harness.handle(BillingSubscriptionUpdated(**_plan(promotion=True)), sequence=5)
    await market.harness.handle(BillingSubscriptionLapsed(**_plan(listings=0), previous_plan="breeder"), sequence=4)

    assert await market.pass_time(seconds=1) == []


async def test_a_deleted_person_s_words_are_erased(market: Market) -> None:
    await market.offer()
    inquiry_id = await market.inquire()
    await market.harness.handle(AuthUserDeleted(user_id=BEA, reason="erasure"), sequence=9)
    await market.pass_time(seconds=1)

    assert [note.text for note in (await market.inquiry(inquiry_id)).notes] == [""]


@pytest.mark.parametrize(
    ("facts", "objection"),
    [
        ({"vivarium_id": BEA_VIVARIUM}, "foreign"),
        ({"status": "deceased"}, "not_active"),
        ({"held_by": "another sale"}, "held"),
        ({"lineage_status": "rejected"}, "lineage_rejected"),
        ({"lineage_status": "disputed"}, "lineage_disputed"),
        ({"welfare": (WelfareFlag(trait="Spider", severity="welfare", certainty="established"),)}, "welfare"),
    ],
)
async def test_what_animal_says_can_stand_against_publishing(
    market: Market, facts: dict[str, Any], objection: str
) -> None:
    await market.hatch()
    await market.draft()

    with pytest.raises(NotPublishableError) as refused:
        await market.publish(animal=product(**facts))
    assert refused.value.objections == [objection]


async def test_a_plan_limits_how_many_offers_stand_at_once(market: Market) -> None:
    await market.hatch()
    await market.draft()

    with pytest.raises(NotPublishableError):
        await market.publish(limit=0)


def _plan(*, listings: int | None = None, promotion: bool = False) -> dict[str, Any]:
    return {
        "vivarium_id": SAM_VIVARIUM,
        "subscription_id": uid("sub"),
        "plan": "hobbyist",
        "status": "active",
        "entitlements": Entitlements(listings=listings, promotion=promotion),
    }
