"""What repti-media remembers of uploads that were announced."""

from datetime import datetime

from reptidex.streams.commands.media_uploads import UploadState
from reptidex.streams.media import FileKind
from reptidex.streams.values import SubjectKind
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored


@stored("uploads", key="file_id", indexes=(("vivarium_id", "file_id"),))
class AnnouncedUpload(Row, frozen=True, kw_only=True):
    """An upload that goes straight to the store. The file of the same id is there once it has `arrived`."""

    file_id: str
    vivarium_id: str
    owner_id: str
    subject_kind: SubjectKind | None = None
    subject_id: str | None = None
    primary: bool = False
    name: str = ""
    kind: FileKind
    content_type: str
    digest: str = ""
    place: str
    limit_bytes: int | None = None
    """How much its vivarium may keep in all, as its plan said when it was announced."""
    state: UploadState = "announced"
    again: bool = False
    """It was seen once more while it was looked for: if it was not there yet, it is looked for again."""
    why: str = ""
    expires_at: datetime
    created_at: datetime


def announced_of(subject_id: str, vivarium_id: str) -> Query[AnnouncedUpload]:
    """Ask for what a vivarium announced of a subject."""
    where = (AnnouncedUpload.c.subject_id == subject_id, AnnouncedUpload.c.vivarium_id == vivarium_id)
    return select(AnnouncedUpload, *where)


def announced_by(user_id: str) -> Query[AnnouncedUpload]:
    """Ask for what a person announced."""
    return select(AnnouncedUpload, AnnouncedUpload.c.owner_id == user_id)
