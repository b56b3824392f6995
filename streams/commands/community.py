"""What repti-community is asked to do: messages, wishes about them, follows. The index and the forums stand beside."""

from typing import Literal

from reptidex.streams.community import Channel, FailureReason, FollowKind, SearchScope
from reptidex.streams.contract import Command, command
from reptidex.streams.values import Id, Key, Text


@command(key="notification_id")
class RecordSent(Command, frozen=True, kw_only=True):
    """A provider took a message over."""

    notification_id: Id
    provider: Text
    provider_reference: Text
    attempt: int = 1
    address: str = ""
    """The hash of the address that it went to (`email_hash` of repti-core's events)."""


@command(key="notification_id")
class RecordFailed(Command, frozen=True, kw_only=True):
    """A message was given up, or came back."""

    notification_id: Id
    reason: FailureReason
    attempts: int = 0
    """0 where the provider says so after it took the message over."""
    address: str = ""
    """The hash of the address, where it is its mailbox that is refused."""
    detail: str = ""
    """In the words of the server."""


@command(key="user_id")
class ForgetRefusal(Command, frozen=True, kw_only=True):
    """Send a person mails again although their mailbox refused one."""

    user_id: Id


@command(key="notification_id")
class RecordDelivered(Command, frozen=True, kw_only=True):
    """A provider says that a message arrived."""

    notification_id: Id
    provider_reference: Text


@command(key="notification_id")
class SettleDelivery(Command, frozen=True, kw_only=True):
    """Look whether the delivery of a message has been reported; if not, look again after twice the time."""

    notification_id: Id
    waited_s: float


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


@command(key="user_id")
class StopMails(Command, frozen=True, kw_only=True):
    """A person wants no more mails of one kind, by the link that stood in one; answers the wishes as they stand."""

    user_id: Id
    template: Key


@command(key="recipient_id")
class Notify(Command, frozen=True, kw_only=True):
    """Tell a person something, over the channels that they chose for it."""

    recipient_id: Id
    template: Key
    facts: dict[str, str] = {}
    cause_id: Text = ""


@command(key="vivarium_id")
class NotifyMembers(Command, frozen=True, kw_only=True):
    """Tell members of a vivarium something, now that it is known who they are."""

    vivarium_id: Id
    recipients: tuple[Id, ...]
    template: Key
    facts: dict[str, str] = {}
    cause_id: Text


@command(key="user_id")
class Follow(Command, frozen=True, kw_only=True):
    """Begin or cease to follow somebody or something."""

    user_id: Id
    target_kind: FollowKind
    target_id: Key
    following: bool = True


@command(key="session_id")
class RecordSearch(Command, frozen=True, kw_only=True):
    """Somebody searched; only the shape of the question is kept."""

    session_id: Key
    query_id: Id
    scope: SearchScope
    terms: int
    facets: tuple[str, ...]
    results: int
    latency_ms: float
    corrected: bool = False


@command(key="session_id")
class RecordClick(Command, frozen=True, kw_only=True):
    """Somebody opened a result of a search."""

    session_id: Key
    query_id: Id
    document_id: Key
    kind: Literal["animal", "breeder", "listing", "clutch", "content", "species", "morph", "post"]
    position: int


@command(key="user_id")
class SaveSearch(Command, frozen=True, kw_only=True):
    """Keep a question to ask it again; one of the same name is replaced."""

    user_id: Id
    search_id: Id
    name: Text
    scope: SearchScope
    query: dict[str, str]


@command(key="user_id")
class DropSearch(Command, frozen=True, kw_only=True):
    """Forget a saved question."""

    user_id: Id
    search_id: Id
