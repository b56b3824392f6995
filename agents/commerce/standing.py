"""Who may trade: plans, members, suspensions, as repti-core and repti-ops tell of them."""

from collections.abc import AsyncIterator

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.offers import change_listing
from reptidex.agents.commerce.saga import tell_sale
from reptidex.domain.sale.heard import CalledOff
from reptidex.streams.commands.commerce import EraseWords, KeepListing, WithdrawListing
from reptidex.streams.contract import Event
from reptidex.streams.core import (
    AuthUserDeleted,
    AuthUserUpdated,
    BillingSubscriptionCanceled,
    BillingSubscriptionCreated,
    BillingSubscriptionLapsed,
    BillingSubscriptionUpdated,
    OrgMemberAdded,
    OrgMemberChanged,
    OrgMemberRemoved,
    OrgUpdated,
)
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.commerce.models import Listing, Member, Standing, Subscription
from reptidex.tables.commerce.queries import (
    inquiries_answered_by,
    inquiries_written_by,
    members_of,
    memberships_of,
    open_offers_of,
    published_by,
    unpaid_sales_of,
)

RANK = {"keeper": 1, "handler": 2, "curator": 3, "herpetologist": 4}
"""Roles within a vivarium, weakest first."""
Subscribed = (
    BillingSubscriptionCreated | BillingSubscriptionUpdated | BillingSubscriptionCanceled | BillingSubscriptionLapsed
)


def _withdraw(unit: Unit, listing: Listing, reason: str) -> None:
    """Have an offer withdrawn by the writer of its animal."""
    command = WithdrawListing(
        animal_id=listing.animal_id,
        listing_id=listing.listing_id,
        reason="plan" if reason == "plan" else "moderation",
    )
    unit.timer(_wish(listing, command.reason), unit.now, command)


def _wish(listing: Listing, reason: str) -> str:
    """Name the timer that carries a wish of the platform about an offer: one of another kind does not replace it."""
    return f"listing/{listing.listing_id}/withdraw/{reason}"


@agent(
    BillingSubscriptionCreated,
    BillingSubscriptionUpdated,
    BillingSubscriptionCanceled,
    BillingSubscriptionLapsed,
    prefetch={Subscription: "vivarium_id"},
)
async def follow_subscription(event: Subscribed, unit: Unit) -> None:
    """Keep what a plan allows; where it allows fewer offers than stand, the newest are withdrawn."""
    version = unit.cause.version
    before = await unit.get(Subscription, event.vivarium_id)
    if before is not None and version <= before.seen_version:
        return
    after = Subscription(
        vivarium_id=event.vivarium_id,
        plan=event.plan,
        status=event.status,
        max_listings=event.entitlements.listings,
        promotion=event.entitlements.promotion,
        seen_version=version,
    )
    unit.put(after)
    if after.max_listings is not None:
        for listing in (await unit.find(published_by(event.vivarium_id)))[after.max_listings :]:
            _withdraw(unit, listing, "plan")


@agent(OrgMemberAdded, OrgMemberChanged, OrgMemberRemoved)
async def follow_member(
    event: OrgMemberAdded | OrgMemberChanged | OrgMemberRemoved, unit: Unit
) -> AsyncIterator[Event]:
    """Keep who belongs to a vivarium; a sale that is not paid ends with the membership of the one who made it."""
    version, member_id = unit.cause.version, f"{event.vivarium_id}/{event.user_id}"
    before = await unit.get(Member, member_id)
    if before is not None and version <= before.seen_version:
        return
    left = isinstance(event, OrgMemberRemoved)
    unit.put(
        Member(
            member_id=member_id,
            vivarium_id=event.vivarium_id,
            user_id=event.user_id,
            role="" if left else event.role,
            seen_version=version,
        )
    )
    if left:
        for said in await _call_off(unit, vivarium_id=event.vivarium_id, user_id=event.user_id):
            yield said
        for said in await _name_another(unit, event.vivarium_id, event.user_id):
            yield said


async def _name_another(unit: Unit, vivarium_id: str, user_id: str) -> list[Event]:
    """Have the offers and the conversations of somebody who left answered by the member with the highest role."""
    members = await unit.find(members_of(vivarium_id))
    if not members:
        return []
    next_contact = max(members, key=lambda member: RANK[member.role]).user_id
    for inquiry in await unit.find(inquiries_answered_by(vivarium_id, user_id)):
        side = "seller_user_id" if inquiry.seller_vivarium_id == vivarium_id else "buyer_user_id"
        unit.put(msgspec.structs.replace(inquiry, **{side: next_contact}))
    return [
        said
        for listing in await unit.find(open_offers_of(vivarium_id, user_id))
        for said in change_listing(
            unit, msgspec.structs.replace(listing, contact_user_id=next_contact), ("contact_user_id",)
        )
    ]


async def _call_off(unit: Unit, *, vivarium_id: str | None = None, user_id: str | None = None) -> list[Event]:
    sales = await unit.find(unpaid_sales_of(vivarium_id=vivarium_id, user_id=user_id))
    return [said for sale in sales for said in await tell_sale(unit, sale, CalledOff("suspended"))]


async def _stand(unit: Unit, subject_id: str, suspended: bool) -> bool:
    """Write down whether somebody may trade; return whether this is news, and bad."""
    before = await unit.get(Standing, subject_id)
    if before is not None and unit.cause.version <= before.seen_version:
        return False
    unit.put(Standing(subject_id=subject_id, suspended=suspended, seen_version=unit.cause.version))
    return suspended


@agent(AuthUserUpdated, AuthUserDeleted, prefetch={Standing: "user_id"})
async def follow_user(event: AuthUserUpdated | AuthUserDeleted, unit: Unit) -> AsyncIterator[Event]:
    """Call off the unpaid sales of a person who is suspended or gone; erase what a person wrote who is gone."""
    gone = isinstance(event, AuthUserDeleted)
    status = None if isinstance(event, AuthUserDeleted) else event.status
    if not gone and status is None:
        return
    if await _stand(unit, event.user_id, gone or status == "suspended"):
        for said in await _call_off(unit, user_id=event.user_id):
            yield said
    if gone:
        vivariums = [member.vivarium_id for member in await unit.find(memberships_of(event.user_id))]
        for inquiry in await unit.find(inquiries_written_by(event.user_id, vivariums)):
            erase = EraseWords(animal_id=inquiry.animal_id, inquiry_id=inquiry.inquiry_id, user_id=event.user_id)
            unit.timer(f"inquiry/{inquiry.inquiry_id}/erase/{event.user_id}", unit.now, erase)


@agent(OrgUpdated, prefetch={Standing: "vivarium_id"})
async def follow_vivarium(event: OrgUpdated, unit: Unit) -> AsyncIterator[Event]:
    """Call off the unpaid sales of a vivarium that is suspended or closed, and withdraw its offers."""
    if await _stand(unit, event.vivarium_id, event.status != "active"):
        for said in await _call_off(unit, vivarium_id=event.vivarium_id):
            yield said
        for listing in await unit.find(published_by(event.vivarium_id)):
            _withdraw(unit, listing, "moderation")


@agent(AdminModerationDecided)
async def obey_moderation(event: AdminModerationDecided, unit: Unit) -> None:
    """Take down an offer that a moderator decided to hide or remove, and show one that is kept after all."""
    if event.subject_kind != "listing" or event.decision == "warn":
        return
    listing = await unit.get(Listing, event.subject_id)
    if listing is None:
        return
    if event.decision == "keep":
        keep = KeepListing(animal_id=listing.animal_id, listing_id=listing.listing_id)
        unit.timer(_wish(listing, "moderation"), unit.now, keep)
    else:
        _withdraw(unit, listing, "moderation")
