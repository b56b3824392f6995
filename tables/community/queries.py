"""What is asked of repti-community's database."""

from reptidex.tables.community.models import Document, Follow, Notification
from reptidex.tables.query import Query, select


def documents_of_animal(animal_id: str) -> Query[Document]:
    """Return the documents that show an animal: its own and those of its listings."""
    return select(Document, Document.c.animal_id == animal_id)


def public_documents() -> Query[Document]:
    """Return everything that the search index must show."""
    return select(Document, Document.c.public.is_(True), Document.c.removed.is_(False))


def unindexed() -> Query[Document]:
    """Return documents that the index does not show as they now stand."""
    return select(Document, Document.c.indexed_version < Document.c.seen_version)


def notifications_of(user_id: str, *, unread: bool) -> Query[Notification]:
    """Return a person's messages in the application, newest first."""
    where = [Notification.c.recipient_id == user_id, Notification.c.channel == "inapp"]
    if unread:
        where.append(Notification.c.read_at.is_(None))
    return select(Notification, *where, order=("-created_at",))


def by_reference(provider_reference: str) -> Query[Notification]:
    """Return the message that a provider knows by this reference."""
    return select(Notification, Notification.c.provider_reference == provider_reference, limit=1)


def same_message(recipient_id: str, template: str, cause_id: str) -> Query[Notification]:
    """Return messages already made for the same cause."""
    return select(
        Notification,
        Notification.c.recipient_id == recipient_id,
        Notification.c.template == template,
        Notification.c.cause_id == cause_id,
    )


def followers(target_kind: str, target_ids: list[str]) -> Query[Follow]:
    """Return who follows any of the targets."""
    return select(Follow, Follow.c.target_kind == target_kind, Follow.c.target_id.in_(target_ids))


def followed_by(user_id: str) -> Query[Follow]:
    """Return what a person follows, newest first."""
    return select(Follow, Follow.c.user_id == user_id, order=("-since",))
