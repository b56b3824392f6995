"""What is asked of repti-community's database."""

from collections.abc import Iterable

from reptidex.domain.following import target_key
from reptidex.tables.community.models import Document, Follow, Notification, SavedSearch
from reptidex.tables.query import Query, select


def missed_documents(limit: int | None = None) -> Query[Document]:
    """Return documents that the index could not be told of."""
    return select(Document, Document.c.missed.is_(True), limit=limit)


def documents_after(document_id: str, limit: int) -> Query[Document]:
    """Return a stretch of everything that can be found, by id."""
    return select(Document, Document.c.document_id > document_id, Document.c.public.is_(True), limit=limit)


def notifications_of(user_id: str, *, unread: bool) -> Query[Notification]:
    """Return a person's messages in the application, newest first."""
    where = [Notification.c.recipient_id == user_id, Notification.c.channel == "inapp"]
    if unread:
        where.append(Notification.c.read_at.is_(None))
    return select(Notification, *where, order=("-created_at",))


def all_notifications_of(user_id: str) -> Query[Notification]:
    """Return a person's messages over every channel."""
    return select(Notification, Notification.c.recipient_id == user_id)


def by_reference(provider_reference: str) -> Query[Notification]:
    """Return the message that a provider knows by this reference."""
    return select(Notification, Notification.c.provider_reference == provider_reference, limit=1)


def refusals() -> Query[Notification]:
    """Return the rows that say that a mailbox takes no mail, the latest first."""
    return select(Notification, Notification.c.status == "refused", order=("-created_at",))


def followers(target_kind: str, target_ids: Iterable[str]) -> Query[Follow]:
    """Return who follows any of the targets."""
    keys = [target_key(target_kind, target_id) for target_id in target_ids]
    return select(Follow, Follow.c.target_kind == target_kind, Follow.c.target_key.in_(keys))


def followed_by(user_id: str) -> Query[Follow]:
    """Return what a person follows, newest first."""
    return select(Follow, Follow.c.user_id == user_id, order=("-since",))


def searches_of(user_id: str) -> Query[SavedSearch]:
    """Return the searches that a person saved, newest first."""
    return select(SavedSearch, SavedSearch.c.user_id == user_id, order=("-saved_at",))
