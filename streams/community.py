"""The events that repti-community publishes: search, notifications, the community, advertising."""

from typing import Literal

from reptidex.streams.contract import Event, event
from reptidex.streams.values import Count, Digest, Id, Key, Money, Positive, SubjectKind, Text, Time

DocumentKind = Literal["animal", "breeder", "listing", "clutch", "content", "species", "morph", "post"]
Channel = Literal["email", "sms", "push", "inapp"]
FollowKind = Literal["user", "vivarium", "animal", "species", "morph", "forum", "post"]
FailureReason = Literal["bounced", "refused", "unsubscribed", "address", "provider", "expired"]
PostKind = Literal["discussion", "question", "review", "showcase"]
SearchScope = Literal["all", "animals", "breeders", "knowledge"]
Reaction = Literal["up", "down", "none"]
Placement = Literal["search", "listing", "feed", "home"]


@event("search.indexed", key="document_id")
class SearchIndexed(Event, frozen=True, kw_only=True):
    """A document entered the search index, changed in it, or left it."""

    document_id: Key
    """Kind and id of the entity, such as `animal:<id>`."""
    kind: DocumentKind
    entity_id: Id
    vivarium_id: Id | None = None
    version: Count
    """The entity's version that the index now shows."""
    generation: Count = 1
    """Of the index; a rebuild makes the next one."""
    removed: bool = False


@event("search.query.performed", key="session_id")
class SearchQueryPerformed(Event, frozen=True, kw_only=True):
    """Somebody searched; what they typed is not kept."""

    session_id: Key
    query_id: Id
    scope: SearchScope
    terms: Count = 0
    facets: tuple[Text, ...] = ()
    """The names of the filters that were set."""
    results: Count
    latency_ms: float
    corrected: bool = False
    """Whether a typing error was put right."""


@event("search.query.clicked", key="session_id")
class SearchQueryClicked(Event, frozen=True, kw_only=True):
    """Somebody opened one of the results of a search."""

    session_id: Key
    query_id: Id
    document_id: Key
    kind: DocumentKind
    position: Positive
    """1 for the first result."""


class NotificationRecord(Event, frozen=True, kw_only=True):
    """A message to one person over one channel; address and words stay at repti-community."""

    notification_id: Id
    recipient_id: Id
    channel: Channel
    template: Text
    """The kind of message, such as `welcome` or `order.created`."""
    provider: Text = ""
    provider_reference: Text = ""
    cause_id: Text = ""
    """The id of the event that it tells of."""


@event("notification.sent", key="notification_id")
class NotificationSent(NotificationRecord, frozen=True, kw_only=True):
    """A provider took a message over."""

    attempt: Positive = 1


@event("notification.delivered", key="notification_id")
class NotificationDelivered(NotificationRecord, frozen=True, kw_only=True):
    """A provider says that a message arrived, or a person saw it in the application."""

    delivered_at: Time


@event("notification.failed", key="notification_id")
class NotificationFailed(NotificationRecord, frozen=True, kw_only=True):
    """A message was given up."""

    reason: FailureReason
    attempts: Positive = 1


class PostRecord(Event, frozen=True, kw_only=True):
    """A post in a forum; its words stay at repti-community."""

    post_id: Id
    forum_id: Id
    author_id: Id
    vivarium_id: Id | None = None
    """The vivarium in whose name it was written."""
    kind: PostKind = "discussion"
    subject_kind: SubjectKind | None = None
    subject_id: Id | None = None
    """What it is about, such as the vivarium that is reviewed."""


@event("community.post.created", key="post_id")
class CommunityPostCreated(PostRecord, frozen=True, kw_only=True):
    """Somebody wrote a post."""

    digest: Digest
    """Of the words."""
    suspicious: bool = False
    """Whether the automatic check wants a moderator to look."""


@event("community.post.updated", key="post_id")
class CommunityPostUpdated(PostRecord, frozen=True, kw_only=True):
    """The author changed a post."""

    digest: Digest
    revision: Positive
    suspicious: bool = False


@event("community.post.removed", key="post_id")
class CommunityPostRemoved(PostRecord, frozen=True, kw_only=True):
    """A post was taken down."""

    reason: Literal["author", "moderation", "erased"]


@event("community.interaction.reacted", key="post_id")
class CommunityInteractionReacted(Event, frozen=True, kw_only=True):
    """Somebody voted on a post, or took the vote back."""

    post_id: Id
    user_id: Id
    author_id: Id
    """Who wrote the post."""
    reaction: Reaction
    score: int
    """The post's votes up less its votes down."""


@event("community.interaction.replied", key="post_id")
class CommunityInteractionReplied(Event, frozen=True, kw_only=True):
    """Somebody answered a post."""

    post_id: Id
    reply_id: Id
    user_id: Id
    author_id: Id
    """Who wrote the post."""
    parent_reply_id: Id | None = None
    digest: Digest
    replies: Positive
    suspicious: bool = False


@event("community.interaction.followed", key="user_id")
class CommunityInteractionFollowed(Event, frozen=True, kw_only=True):
    """Somebody follows, or no longer follows, a person, a vivarium, an animal, a species or a morph."""

    user_id: Id
    """Who follows."""
    target_kind: FollowKind
    target_id: Key
    following: bool = True


class CampaignRecord(Event, frozen=True, kw_only=True):
    """A vivarium's advertising campaign as it stands."""

    campaign_id: Id
    vivarium_id: Id
    name: Text
    placement: Placement
    listing_id: Id | None = None
    budget: Money
    spent: Money
    status: Literal["draft", "running", "paused", "exhausted", "ended"]
    starts_at: Time | None = None
    ends_at: Time | None = None


@event("advertising.campaign.created", key="campaign_id")
class AdvertisingCampaignCreated(CampaignRecord, frozen=True, kw_only=True):
    """A campaign was drafted."""


@event("advertising.campaign.updated", key="campaign_id")
class AdvertisingCampaignUpdated(CampaignRecord, frozen=True, kw_only=True):
    """A campaign's budget, times or placement changed."""

    changed: tuple[Text, ...] = ()


@event("advertising.campaign.started", key="campaign_id")
class AdvertisingCampaignStarted(CampaignRecord, frozen=True, kw_only=True):
    """A campaign began to be shown, or goes on after a pause."""


@event("advertising.campaign.paused", key="campaign_id")
class AdvertisingCampaignPaused(CampaignRecord, frozen=True, kw_only=True):
    """A campaign is not shown for the time being."""

    reason: Literal["owner", "plan", "moderation", "sold"] = "owner"


@event("advertising.campaign.exhausted", key="campaign_id")
class AdvertisingCampaignExhausted(CampaignRecord, frozen=True, kw_only=True):
    """A campaign has spent its budget."""


class ImpressionRecord(Event, frozen=True, kw_only=True):
    """One showing of a campaign."""

    campaign_id: Id
    impression_id: Id
    vivarium_id: Id
    """Who pays."""
    listing_id: Id | None = None
    placement: Placement
    cost: Money


@event("advertising.impression.served", key="campaign_id")
class AdvertisingImpressionServed(ImpressionRecord, frozen=True, kw_only=True):
    """A campaign was shown to somebody."""

    position: Positive = 1


@event("advertising.impression.clicked", key="campaign_id")
class AdvertisingImpressionClicked(ImpressionRecord, frozen=True, kw_only=True):
    """Somebody followed what a campaign showed."""
