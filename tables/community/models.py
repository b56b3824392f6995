"""The rows of repti-community."""

from datetime import datetime

from reptidex.tables.row import Row, stored


@stored("documents", key="document_id", indexes=(("kind", "entity_id"), ("animal_id",), ("vivarium_id",)))
class Document(Row, frozen=True, kw_only=True):
    """What the search index shows of one entity. This row is the truth; the index is derived from it."""

    document_id: str
    """Kind and id of the entity: `animal:<id>`, `listing:<id>`, `breeder:<id>`."""
    kind: str
    entity_id: str
    animal_id: str | None = None
    """The animal of a listing, so that a sale takes both off the shelf."""
    vivarium_id: str | None = None
    title: str
    text: str = ""
    tags: list[str] = []
    """Morphs."""
    facets: dict[str, str] = {}
    """Species, sex, status, lineage status, category."""
    price: int | None = None
    """In minor units of `currency`."""
    currency: str = ""
    public: bool = False
    removed: bool = False
    seen_version: int = 0
    indexed_version: int = 0
    updated_at: datetime


@stored(
    "notifications",
    key="notification_id",
    indexes=(("recipient_id", "created_at"), ("status", "created_at"), ("provider_reference",)),
    unique=(("recipient_id", "template", "cause_id", "channel"),),
)
class Notification(Row, frozen=True, kw_only=True):
    """One message to one person over one channel."""

    notification_id: str
    recipient_id: str
    channel: str
    template: str
    facts: dict[str, str] = {}
    """What fills the template; never an address."""
    cause_id: str
    """The id of the event that it tells of: the same event is told once."""
    status: str = "waiting"
    provider: str = ""
    provider_reference: str = ""
    attempts: int = 0
    reason: str = ""
    created_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None


@stored("preferences", key="user_id")
class Preference(Row, frozen=True, kw_only=True):
    """Over which channels a person wants to hear of what."""

    user_id: str
    channels: dict[str, list[str]] = {}


@stored("follows", key="follow_id", indexes=(("target_kind", "target_id"), ("user_id",)))
class Follow(Row, frozen=True, kw_only=True):
    """One person's interest in a target."""

    follow_id: str
    """`<user>:<kind>:<target>`"""
    user_id: str
    target_kind: str
    target_id: str
    since: datetime


@stored("contacts", key="user_id")
class Contact(Row, frozen=True, kw_only=True):
    """A person as far as messages need to know; the address is asked for at repti-core when a message goes out."""

    user_id: str
    display_name: str
    locale: str = "en"
    welcomed: bool = False
    seen_version: int = 0
