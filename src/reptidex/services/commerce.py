"""repti-commerce: marketplace, sales transactions, inventory, orders."""

import msgspec

from reptidex.agents.commerce import (
    buying,
    disputes,
    holds,
    inquiries,
    inventory,
    listings,
    orders,
    outcomes,
    payments,
    policies,
    promoting,
    publishing,
    searches,
    standing,
)
from reptidex.connectors.services.client import ServiceClient
from reptidex.connectors.services.neighbours import Neighbours, neighbours
from reptidex.http.commerce import inquiries as inquiry_views
from reptidex.http.commerce import inventory as inventory_views
from reptidex.http.commerce import listings as listing_views
from reptidex.http.commerce import orders as order_views
from reptidex.http.commerce import policies as policy_views
from reptidex.http.commerce import search as search_views
from reptidex.http.server.own_data import own_data
from reptidex.services.service import Service
from reptidex.settings import Settings
from reptidex.streams import animal, core, ops
from reptidex.streams.catalogue import events_of
from reptidex.tables.commerce.personal import PERSONAL


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Whom repti-commerce talks to, and how patient it is."""

    core: ServiceClient
    animal: ServiceClient
    others: Neighbours
    reserve_s: int
    """How long an animal is kept for a buyer who has not paid."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self.others.aclose()


async def connect(settings: Settings) -> Ports:
    """Build the connectors."""
    others = await neighbours(settings, own="commerce")
    return Ports(core=others.to("core"), animal=others.to("animal"), others=others, reserve_s=settings.reservation_s)


SERVICE = Service(
    name="repti-commerce",
    port=8003,
    database="repti_commerce_db",
    purpose="marketplace, sales transactions, inventory, orders",
    publishes=events_of("commerce"),
    hears={
        animal.AnimalCreated: "create inventory",
        animal.AnimalUpdated: "show the animal as it now is; call off what cannot be sold any more",
        animal.AnimalTransferred: "update ownership, complete the sale",
        animal.AnimalTransferRejected: "pay the buyer back",
        animal.AnimalArchived: "take the animal out of stock, call off its sale",
        animal.LineageValidated: "show the standing of the lineage with the offer",
        core.BillingSubscriptionCreated: "access control",
        core.BillingSubscriptionUpdated: "access control",
        core.BillingSubscriptionCanceled: "access control",
        core.BillingSubscriptionLapsed: "access control",
        core.OrgMemberAdded: "know who acts for a vivarium",
        core.OrgMemberChanged: "know who acts for a vivarium",
        core.OrgMemberRemoved: "call off the unpaid sales of a member who left, name another contact",
        core.OrgUpdated: "call off the unpaid sales of a suspended vivarium",
        core.AuthUserUpdated: "call off the unpaid sales of a suspended person",
        core.AuthUserDeleted: "call off unpaid sales, erase what the person wrote",
        core.PaymentCompleted: "order fulfilment",
        core.PaymentFailed: "undo the sale",
        core.PaymentRefunded: "close the undone sale",
        core.PaymentDisputed: "say that the sale is contested; people decide",
        core.PaymentDisputeClosed: "say how the bank decided",
        ops.AdminModerationDecided: "take down an offer",
    },
    asks={
        "repti-core": "authentication, billing: entitlements at publishing, payments of orders",
        "repti-animal": "product data, ownership validation, the hold during a sale",
    },
    agents=(
        inventory.follow_animal,
        inventory.open_line_on_request,
        inventory.move_line,
        inventory.undo_sale,
        inventory.close_line,
        inventory.note_lineage,
        listings.draft_listing,
        listings.revise_listing,
        listings.end_listing,
        listings.keep_listing,
        listings.run_out,
        publishing.publish_listing,
        promoting.promote_listing,
        promoting.end_promotion,
        inquiries.ask_seller,
        inquiries.respond_inquiry,
        inquiries.close_inquiry,
        inquiries.erase_words,
        buying.convert_inquiry,
        orders.cancel_unpaid_order,
        orders.dispute_order,
        orders.refund_order,
        outcomes.advance_sale,
        outcomes.follow_payment,
        disputes.follow_dispute,
        disputes.follow_verdict,
        policies.set_policy,
        searches.record_search,
        standing.follow_subscription,
        standing.follow_member,
        standing.follow_user,
        standing.follow_vivarium,
        standing.obey_moderation,
    ),
    carriers=(
        holds.hold_animal,
        holds.release_hold,
        holds.settle_transfer,
        payments.request_payment,
        payments.look_up_payment,
        payments.cancel_payment,
        payments.refund_payment,
        payments.refund_part,
    ),
    views=(
        listing_views.routes,
        search_views.routes,
        inventory_views.routes,
        inquiry_views.routes,
        order_views.routes,
        policy_views.routes,
        own_data("commerce", PERSONAL),
    ),
    connect=connect,
)
