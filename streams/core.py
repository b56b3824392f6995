"""The events that repti-core publishes: people, vivariums, settings, billing, payments, telemetry."""

from typing import Literal

import msgspec

from reptidex.streams.contract import Event, event
from reptidex.streams.values import (
    Count,
    Digest,
    Id,
    InvoiceLine,
    Key,
    Language,
    LongPersonal,
    LongText,
    Money,
    OrgKind,
    Personal,
    Plan,
    Positive,
    ProfileKind,
    Provider,
    Role,
    Share,
    SubscriptionStatus,
    Text,
    Time,
)

How = Literal["password", "google", "github"]
EndReason = Literal["logout", "password", "suspended", "reuse", "admin", "deleted"]
RefundReason = Literal["cancelled", "rejected", "requested", "disputed", "late", "duplicate"]


@event("auth.user.created", key="user_id")
class AuthUserCreated(Event, frozen=True, kw_only=True):
    """A person registered."""

    user_id: Id
    vivarium_id: Id
    """The personal vivarium that was opened with the account."""
    email_hash: Digest
    """Of the address in lower case: readers can recognise it, not read it."""
    display_name: Personal
    locale: Language = "en"
    how: How
    email_verified: bool = False


@event("auth.user.updated", key="user_id")
class AuthUserUpdated(Event, frozen=True, kw_only=True):
    """Something about a person's account changed; fields that did not change are left out."""

    user_id: Id
    changed: tuple[Text, ...]
    display_name: Personal | None = None
    locale: Language | None = None
    email_hash: Digest | None = None
    email_verified: bool | None = None
    mfa_enabled: bool | None = None
    status: Literal["active", "suspended"] | None = None


@event("auth.user.deleted", key="user_id")
class AuthUserDeleted(Event, frozen=True, kw_only=True):
    """A person's account was deleted: every service erases or pseudonymises what is theirs."""

    user_id: Id
    reason: Literal["requested", "erasure", "abuse"]
    request_id: Id | None = None
    """The erasure request at repti-ops, where there was one."""


class SessionRecord(Event, frozen=True, kw_only=True):
    """What every event about a signed-in session says."""

    user_id: Id
    session_id: Id
    device: Personal = ""
    """Browser and system in a few words, never the whole user agent."""
    ip_prefix: Personal = ""
    """The network of the address (/24 or /48), never the address."""


@event("auth.session.started", key="user_id")
class AuthSessionStarted(SessionRecord, frozen=True, kw_only=True):
    """A person signed in."""

    how: Literal["password", "google", "github", "mfa"]
    new_device: bool = False
    expires_at: Time


@event("auth.session.refreshed", key="user_id")
class AuthSessionRefreshed(SessionRecord, frozen=True, kw_only=True):
    """A session's refresh token was exchanged for its successor."""

    rotation: Positive
    expires_at: Time


@event("auth.session.revoked", key="user_id")
class AuthSessionRevoked(SessionRecord, frozen=True, kw_only=True):
    """A session was ended before its time."""

    reason: EndReason


@event("auth.session.reused", key="user_id")
class AuthSessionReused(SessionRecord, frozen=True, kw_only=True):
    """A refresh token was presented a second time: somebody has a copy, and the session is ended."""

    rotation: Positive


class OrgRecord(Event, frozen=True, kw_only=True):
    """A vivarium as others may see it."""

    vivarium_id: Id
    name: Personal
    kind: OrgKind
    plan: Plan
    owner_id: Id
    status: Literal["active", "suspended", "closed"] = "active"


@event("org.created", key="vivarium_id")
class OrgCreated(OrgRecord, frozen=True, kw_only=True):
    """A vivarium was opened."""


@event("org.updated", key="vivarium_id")
class OrgUpdated(OrgRecord, frozen=True, kw_only=True):
    """A vivarium's name, kind, plan or status changed."""

    changed: tuple[Text, ...] = ()


@event("org.member.added", key="vivarium_id")
class OrgMemberAdded(Event, frozen=True, kw_only=True):
    """A person became a member of a vivarium."""

    vivarium_id: Id
    user_id: Id
    role: Role
    added_by: Id | None = None
    """The member who invited; None where the person founded the vivarium."""


@event("org.member.removed", key="vivarium_id")
class OrgMemberRemoved(Event, frozen=True, kw_only=True):
    """A person is no longer a member of a vivarium: their access ends."""

    vivarium_id: Id
    user_id: Id
    role: Role
    """The role that was lost."""
    reason: Literal["left", "removed", "deleted"] = "removed"
    removed_by: Id | None = None


@event("org.member.changed", key="vivarium_id")
class OrgMemberChanged(Event, frozen=True, kw_only=True):
    """A member of a vivarium has another role."""

    vivarium_id: Id
    user_id: Id
    role: Role
    previous_role: Role
    changed_by: Id | None = None


@event("profile.updated", key="profile_id")
class ProfileUpdated(Event, frozen=True, kw_only=True):
    """The public profile of a person or a vivarium changed; the event carries the whole of it."""

    profile_id: Id
    """The user or the vivarium that the profile is of."""
    kind: ProfileKind
    vivarium_id: Id
    """The vivarium itself, or the person's own."""
    display_name: Personal
    slug: Personal = ""
    bio: LongPersonal = ""
    location: Personal = ""
    website: Personal = ""
    avatar_file_id: Id | None = None
    visibility: Literal["private", "public"] = "public"
    changed: tuple[Text, ...] = ()


@event("config.updated", key="config_key")
class ConfigUpdated(Event, frozen=True, kw_only=True):
    """A live setting has another value. Values are JSON as text; secrets are never settings."""

    config_key: Key
    scope: Key = "platform"
    """`platform`, a service's short name, or a vivarium's id."""
    old: LongText | None = None
    new: LongText | None = None
    """None where the setting was taken back to its default."""
    revision: Positive = 1


@event("config.feature.toggled", key="feature_key")
class ConfigFeatureToggled(Event, frozen=True, kw_only=True):
    """A feature flag was switched or its rollout moved."""

    feature_key: Key
    scope: Key = "platform"
    old: bool | None = None
    new: bool
    rollout: Share = 1.0
    """The share of vivariums that have it while it is on."""
    plans: tuple[Plan, ...] = ()
    """Only these plans have it; empty: all."""


class Entitlements(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan lets a vivarium do; a limit of None means without limit."""

    animals: Count | None = None
    listings: Count | None = None
    members: Count | None = None
    storage_bytes: Count | None = None
    group_listings: bool = False
    promotion: bool = False
    branding: bool = False
    qr_codes: bool = False


class SubscriptionRecord(Event, frozen=True, kw_only=True):
    """A vivarium's subscription as it stands."""

    vivarium_id: Id
    subscription_id: Id
    plan: Plan
    status: SubscriptionStatus
    entitlements: Entitlements
    period_end: Time | None = None
    """None for the free plan, which does not end."""
    provider: Provider | None = None
    provider_reference: Text = ""


@event("billing.subscription.created", key="vivarium_id")
class BillingSubscriptionCreated(SubscriptionRecord, frozen=True, kw_only=True):
    """A vivarium began a subscription."""


@event("billing.subscription.updated", key="vivarium_id")
class BillingSubscriptionUpdated(SubscriptionRecord, frozen=True, kw_only=True):
    """A subscription's plan, status or period changed."""

    previous_plan: Plan | None = None


@event("billing.subscription.canceled", key="vivarium_id")
class BillingSubscriptionCanceled(SubscriptionRecord, frozen=True, kw_only=True):
    """A subscription was canceled; its entitlements last until the end of the period."""

    reason: Literal["requested", "downgrade", "closed", "fraud"] = "requested"


@event("billing.subscription.lapsed", key="vivarium_id")
class BillingSubscriptionLapsed(SubscriptionRecord, frozen=True, kw_only=True):
    """A subscription ended unpaid or after its last period: the free plan's entitlements hold from now on."""

    previous_plan: Plan


class InvoiceRecord(Event, frozen=True, kw_only=True):
    """An invoice of the platform to a vivarium."""

    vivarium_id: Id
    invoice_id: Id
    number: Text
    lines: tuple[InvoiceLine, ...]
    total: Money
    tax: Money
    order_id: Id | None = None
    """The order that it is for; None for a subscription's."""
    provider: Provider | None = None
    provider_reference: Text = ""


@event("billing.invoice.created", key="vivarium_id")
class BillingInvoiceCreated(InvoiceRecord, frozen=True, kw_only=True):
    """An invoice was written."""

    due_at: Time | None = None


@event("billing.invoice.paid", key="vivarium_id")
class BillingInvoicePaid(InvoiceRecord, frozen=True, kw_only=True):
    """An invoice was paid."""

    paid_at: Time


@event("billing.invoice.failed", key="vivarium_id")
class BillingInvoiceFailed(InvoiceRecord, frozen=True, kw_only=True):
    """The payment of an invoice failed."""

    reason: Text
    attempt: Positive = 1
    next_attempt_at: Time | None = None
    """None after the last attempt: the subscription lapses."""


class PaymentRecord(Event, frozen=True, kw_only=True):
    """A payment for an order, as its provider confirmed it."""

    order_id: Id
    transaction_id: Id
    payment_id: Id
    vivarium_id: Id
    """The buyer's vivarium."""
    amount: Money
    provider: Provider
    provider_reference: Text
    """The PaymentIntent or PayPal order; the same payment is never taken twice under it."""


@event("payment.completed", key="order_id")
class PaymentCompleted(PaymentRecord, frozen=True, kw_only=True):
    """The money for an order was captured."""

    captured_at: Time


@event("payment.failed", key="order_id")
class PaymentFailed(PaymentRecord, frozen=True, kw_only=True):
    """The money for an order could not be taken."""

    reason: Literal["declined", "expired", "canceled", "authentication", "fraud", "provider"]
    retriable: bool = False
    """Whether the buyer may try another way to pay for the same order."""


@event("payment.refunded", key="order_id")
class PaymentRefunded(PaymentRecord, frozen=True, kw_only=True):
    """Money for an order was paid back; `amount` is what was paid back now."""

    refund_id: Id
    refund_reference: Text = ""
    reason: RefundReason
    refunded_total: Money
    """All refunds of this payment so far; the `amount` of each of them is part of it."""
    captured_total: Money | None = None
    """What was captured in truth, be it another sum than was asked for. Once `refunded_total` is as much, all is back."""


@event("payment.disputed", key="order_id")
class PaymentDisputed(PaymentRecord, frozen=True, kw_only=True):
    """The buyer's bank, or the buyer at the provider, contests a payment that was captured."""

    dispute_reference: Text
    """The provider's name of the dispute."""
    reason: Literal["fraud", "unrecognised", "undelivered", "misdescribed", "duplicate", "other"]
    contested: Money
    """How much of the payment."""
    respond_by: Time | None = None
    """Until when the provider takes an answer, where it says so."""


@event("payment.dispute.closed", key="order_id")
class PaymentDisputeClosed(PaymentRecord, frozen=True, kw_only=True):
    """The provider has decided a dispute. A lost one's money is told by `payment.refunded` (`disputed`) as well."""

    dispute_reference: Text
    outcome: Literal["won", "lost"]
    """From the seller's side; `won` where the buyer withdrew it, too."""
    contested: Money
    """How much of the payment it was about; of a lost one, how much the buyer has back by it."""


@event("events.published", key="topic")
class EventsPublished(Event, frozen=True, kw_only=True):
    """So many events of one name were published in one minute."""

    topic: Key
    minute: Time
    count: Count
    size_bytes: Count = 0


@event("telemetry.tracked", key="service")
class TelemetryTracked(Event, frozen=True, kw_only=True):
    """One metric or behaviour sample of a service."""

    service: Key
    kind: Literal["metric", "behaviour"]
    name: Key
    value: float
    unit: Text = ""
    labels: dict[str, str] = {}
    """A few bounded labels; never a person's data."""
    sampled_at: Time
