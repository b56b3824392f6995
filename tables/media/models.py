"""What repti-media remembers: files, drawings, cards."""

from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from reptidex.streams.commands.media import Drawing, Stored
from reptidex.streams.media import FileKind
from reptidex.streams.values import ProfileKind, SubjectKind
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored


@stored(
    "files",
    key="file_id",
    indexes=(("vivarium_id", "file_id"), ("subject_id", "file_id")),
)
class File(Row, frozen=True, kw_only=True):
    """A file. Until it is `ready` its bytes lie in quarantine, and nobody is given them."""

    file_id: str
    vivarium_id: str
    owner_id: str
    subject_kind: SubjectKind | None = None
    subject_id: str | None = None
    primary: bool = False
    name: str = ""
    kind: FileKind
    content_type: str
    size_bytes: int
    digest: str
    state: Literal["received", "ready", "rejected", "deleted"] = "received"
    why: str = ""
    """Why it was rejected."""
    made: bool = False
    """Drawn by us, not uploaded."""
    hidden: bool = False
    """A moderator hid it: only its own vivarium reads it."""
    confidential: bool = False
    """Only its vivarium reads it, whatever the animal's visibility: papers, and charts that name whom others may not know."""
    depth: int = 0
    """Of a chart, in generations; 0 for one of which is not known whom it names."""
    shows: tuple[str, ...] = ()
    """The ancestors that a chart names: each has to be shown still to whoever is given it."""
    names_owner: bool = False
    """Whether a chart bears the public name of its vivarium."""
    quarantine: str = ""
    stored: tuple[Stored, ...] = ()
    width: int = 0
    height: int = 0
    created_at: datetime

    @property
    def places(self) -> list[str]:
        """Everything of it that lies in the store."""
        return [place for place in (self.quarantine, *(one.place for one in self.stored)) if place]


CHART = "pedigree.svg"
PLACEHOLDER = "placeholder.svg"
"""What the files of a pedigree chart and of the picture of an animal without photos are called."""


@stored("renders", key="render_id", indexes=(("subject_id",), ("vivarium_id", "render_id")))
class Render(Row, frozen=True, kw_only=True):
    """The latest drawing of one kind of one thing. Only the job asked for last may fill it."""

    render_id: str
    """`<drawing>:<what it is of>`"""
    drawing: Drawing
    subject_id: str
    vivarium_id: str
    job_id: str
    reason: Literal["asked", "lineage", "transfer", "photo", "order"]
    inputs_digest: str
    status: Literal["requested", "completed", "failed"] = "requested"
    why: str = ""
    file_id: str | None = None
    """The last one that was drawn for this vivarium; it stays until the next is there."""
    depth: int = 0
    """Of a chart, in generations."""
    paper: dict[str, str] = {}
    """What a certificate says of the transfer that it proves, for when it is asked for again."""
    requested_at: datetime
    finished_at: datetime | None = None

    @staticmethod
    def id_of(drawing: Drawing, of: str) -> str:
        """Return the key of a drawing of an animal, or of an order's manifest."""
        return f"{drawing}:{of}"


@stored("profiles", key="profile_id")
class Profile(Row, frozen=True, kw_only=True):
    """A person's or vivarium's public profile as last heard, from which its card is made."""

    profile_id: str
    kind: ProfileKind
    vivarium_id: str
    display_name: str
    bio: str = ""
    location: str = ""
    website: str = ""
    visibility: Literal["private", "public"] = "public"
    cache_key: str
    seen_version: int

    @property
    def gone(self) -> bool:
        """Whether it is what is left of a person who is gone."""
        return self.kind == "user" and not self.vivarium_id


@stored("names", key="vivarium_id")
class VivariumName(Row, frozen=True, kw_only=True):
    """The public name of a vivarium: its own profile's, or that of the person whose vivarium it is."""

    vivarium_id: str
    display_name: str
    kind: ProfileKind
    """Of the profile that gave the name; a vivarium's own goes before a person's."""


def files_of(vivarium_id: str, subject_id: str | None = None) -> Query[File]:
    """Ask for a vivarium's files that were not deleted, of one subject where named."""
    where = [File.c.vivarium_id == vivarium_id, File.c.state != "deleted"]
    if subject_id is not None:
        where.append(File.c.subject_id == subject_id)
    return select(File, *where)


def files_to_erase(user_id: str, vivarium_id: str) -> Query[File]:
    """Ask for what goes with a person: pictures of them and of their own vivarium, its documents, which nobody else may read,
    uploads of theirs that hang on nothing, charts that bear their name.

    Photos of animals stay with the animals, and papers with the sales that they prove.
    """
    hers = sa.and_(File.c.owner_id == user_id, File.c.subject_id.is_(None))
    of_her = sa.and_(File.c.subject_kind == "user", File.c.subject_id == user_id)
    of_home = sa.and_(File.c.subject_kind == "vivarium", File.c.subject_id == vivarium_id)
    charts = sa.and_(File.c.vivarium_id == vivarium_id, File.c.made, File.c.name == CHART)
    documents = sa.and_(File.c.vivarium_id == vivarium_id, File.c.kind == "document", File.c.made.is_(False))
    return select(File, sa.or_(hers, of_her, of_home, documents, charts))


def files_of_animal(animal_id: str, vivarium_id: str) -> Query[File]:
    """Ask for what goes with an animal that its owner has erased: their uploads of it, and drawings that are no papers."""
    uploads = sa.and_(File.c.vivarium_id == vivarium_id, File.c.made.is_(False))
    drawings = sa.and_(File.c.made.is_(True), File.c.name.in_((CHART, PLACEHOLDER)))
    return select(File, File.c.subject_id == animal_id, File.c.state != "deleted", sa.or_(uploads, drawings))


def files_by(user_id: str) -> Query[File]:
    """Ask for what a person uploaded and gave a name."""
    return select(File, File.c.owner_id == user_id, File.c.name != "", File.c.made.is_(False))


def renders_of(vivarium_id: str, subject_id: str) -> Query[Render]:
    """Ask for the drawings that a vivarium has of a subject."""
    return select(Render, Render.c.vivarium_id == vivarium_id, Render.c.subject_id == subject_id)


def older_drawings(newer: File) -> Query[File]:
    """Ask for the drawings of the same kind and subject that a newer one replaces."""
    return select(
        File,
        File.c.subject_id == newer.subject_id,
        File.c.made.is_(True),
        File.c.name == newer.name,
        File.c.state == "ready",
        File.c.file_id != newer.file_id,
    )


def same_subject(file: File) -> Query[File]:
    """Ask for the other files of a subject that stand for it."""
    return select(
        File,
        File.c.subject_id == file.subject_id,
        File.c.vivarium_id == file.vivarium_id,
        File.c.primary.is_(True),
        File.c.file_id != file.file_id,
    )
