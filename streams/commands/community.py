"""What repti-community is asked to do."""

from typing import Literal

from reptidex.streams.community import Channel
from reptidex.streams.contract import Command, command
from reptidex.streams.values import Id, Key, Text

FollowKind = Literal["user", "vivarium", "animal", "species", "morph"]


@command(key="notification_id")
class RecordSent(Command, frozen=True, kw_only=True):
    """A provider took a message over."""

    notification_id: Id
    provider: Text
    provider_reference: Text
    attempt: int = 1


@command(key="notification_id")
class RecordFailed(Command, frozen=True, kw_only=True):
    """A message was given up."""

    notification_id: Id
    reason: Literal["bounced", "refused", "unsubscribed", "address", "provider", "expired"]
    attempts: int = 1


@command(key="notification_id")
class RecordDelivered(Command, frozen=True, kw_only=True):
    """A provider says that a message arrived."""

    notification_id: Id
    provider_reference: Text


@command(key="notification_id")
class ReadNotification(Command, frozen=True, kw_only=True):
    """A person saw a message in the application."""

    notification_id: Id
    user_id: Id


@command(key="user_id")
class SetPreferences(Command, frozen=True, kw_only=True):
    """A person chooses over which channels they want to hear of what."""

    user_id: Id
    channels: dict[str, tuple[Channel, ...]]
    """By template; one that is not named keeps its default."""


@command(key="recipient_id")
class Notify(Command, frozen=True, kw_only=True):
    """Tell a person something, over the channels that they chose for it."""

    recipient_id: Id
    template: Key
    facts: dict[str, str] = {}
    cause_id: Text = ""


@command(key="user_id")
class Follow(Command, frozen=True, kw_only=True):
    """Begin or cease to follow somebody or something."""

    user_id: Id
    target_kind: FollowKind
    target_id: Key
    following: bool = True


@command(key="document_id")
class RecordIndexed(Command, frozen=True, kw_only=True):
    """The search index shows a document as it stood at a version."""

    document_id: Key
    version: int
    removed: bool = False


@command(key="session_id")
class RecordSearch(Command, frozen=True, kw_only=True):
    """Somebody searched; only the shape of the question is kept."""

    session_id: Key
    query_id: Id
    scope: Literal["all", "animals", "breeders", "knowledge"]
    terms: int
    facets: tuple[str, ...]
    results: int
    latency_ms: float
    corrected: bool = False
