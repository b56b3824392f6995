"""The rows of repti-community: what is found, who is told, who follows what."""

from datetime import datetime

from reptidex.tables.row import Row, stored

FINDABLE = ("animal", "listing", "breeder", "species", "morph", "content", "post")
"""The kinds of documents."""
ERASED = "erased"
SENT_TO = "sent_to"
"""Among the facts of a mail: the hash of the address that it went to."""


@stored("documents", key="document_id", indexes=(("missed", "document_id"), ("vivarium_id",)))
class Document(Row, frozen=True, kw_only=True):
    """What the search index shows of one entity. This row is the truth; the index is derived from it.

    Its facts come by several topics, in any order: each kind of fact keeps the version of the entity that it was seen at.
    """

    document_id: str
    """Kind and id of the entity: `animal:<id>`, `listing:<id>`, `breeder:<id>`."""
    kind: str
    entity_id: str
    animal_id: str | None = None
    """The animal of a listing."""
    vivarium_id: str | None = None
    title: str = ""
    text: str = ""
    tags: list[str] = []
    """Morphs."""
    facets: dict[str, str] = {}
    """Species, sex, status, lineage status, category."""
    price: int | None = None
    """In minor units of `currency`."""
    currency: str = ""
    public: bool = False
    """Whether its owner shows it."""
    hidden: str = ""
    """Why it is hidden although its owner shows it, as words: `admin`, `erased`, `moderation`, `suspended`."""
    seen_version: int = 0
    owner_version: int = 0
    ended_version: int = 0
    """The version at which it was archived, sold or withdrawn; older words do not bring it back."""
    revision: int = 0
    """Counts the changes of this row: what the index compares."""
    told_visible: bool = False
    """Whether the last thing that the index was told is to show it."""
    indexed_revision: int = 0
    """The newest revision that the index has."""
    missed: bool = False
    """Whether the index could not be told, and has to be told anew."""
    updated_at: datetime

    @property
    def visible(self) -> bool:
        """Whether the index has to show it."""
        return self.public and not self.hidden and self.ended_version <= self.seen_version

    @property
    def erased(self) -> bool:
        """Whether its owner had it forgotten: nothing that is heard later, and is older, brings its words back."""
        return ERASED in self.hidden.split()

    @property
    def version(self) -> int:
        """The newest version of the entity that anything here comes from."""
        return max(self.seen_version, self.owner_version, self.ended_version)


@stored("index_states", key="index")
class IndexState(Row, frozen=True, kw_only=True):
    """How the one search index stands."""

    index: str = "search"
    generation: int = 0
    """The index that is searched; a rebuild makes the next one beside it."""
    building: int = 0
    """The generation that is being built; 0 for none."""
    filled: int = 0
    """How many documents the generation that is being built has so far."""
    documents: int = 0
    """How many the last one that was built had."""
    began_at: datetime | None = None
    ready_at: datetime | None = None


@stored(
    "notifications",
    key="notification_id",
    indexes=(("recipient_id", "created_at"), ("status", "created_at"), ("provider_reference",)),
)
class Notification(Row, frozen=True, kw_only=True):
    """One message to one person over one channel."""

    notification_id: str
    """Derived from recipient, template, cause and channel: the same event is told once."""
    recipient_id: str
    channel: str
    template: str
    facts: dict[str, str] = {}
    """What fills the template; never an address."""
    cause_id: str
    """The id of the event that it tells of."""
    status: str = "waiting"
    """`waiting`, `sent`, `delivered`, `failed`; `refused` in the row that says that a person's mailbox takes no mail."""
    provider: str = ""
    provider_reference: str = ""
    attempts: int = 0
    reason: str = ""
    created_at: datetime
    sent_at: datetime | None = None
    settles_at: datetime | None = None
    """When it is looked whether the provider has reported the delivery."""
    reported_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None


@stored("preferences", key="user_id")
class Preference(Row, frozen=True, kw_only=True):
    """Over which channels a person wants to hear of what."""

    user_id: str
    channels: dict[str, list[str]] = {}


@stored("follows", key="follow_id", indexes=(("target_kind", "target_key"), ("user_id", "since")))
class Follow(Row, frozen=True, kw_only=True):
    """One person's interest in a target."""

    follow_id: str
    """`<user>:<kind>:<target_key>`"""
    user_id: str
    target_kind: str
    target_id: str
    """As the person wrote it: a morph's name, anything else's id."""
    target_key: str
    """As it is compared (`domain.following`)."""
    since: datetime


@stored("contacts", key="user_id")
class Contact(Row, frozen=True, kw_only=True):
    """Whether a person was welcomed, or is gone; the name and the address are asked for when a message goes out."""

    user_id: str
    welcomed: bool = False
    gone: bool = False


@stored("saved_searches", key="search_id", indexes=(("user_id", "saved_at"),))
class SavedSearch(Row, frozen=True, kw_only=True):
    """A question that a person wants to ask again."""

    search_id: str
    user_id: str
    name: str
    scope: str
    query: dict[str, str] = {}
    saved_at: datetime
