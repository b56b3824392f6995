"""What repti-media can be asked to do, and what its effects report."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.streams.contract import Command, command
from reptidex.streams.media import DrawingFailure, FileKind
from reptidex.streams.values import Count, Digest, Id, SubjectKind, Text, Variant

Drawing = Literal["placeholder", "pedigree", "certificate", "manifest"]


class FileDone(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a command about a file."""

    file_id: str
    state: str


@command(key="file_id")
class ReceiveFile(Command, frozen=True, kw_only=True):
    """Take note of an upload whose bytes lie in quarantine; answers `FileDone`."""

    file_id: Id
    vivarium_id: Id
    owner_id: Id
    subject_kind: SubjectKind | None = None
    subject_id: Id | None = None
    primary: bool = False
    name: Text = ""
    kind: FileKind
    content_type: Text
    size_bytes: Count
    digest: Digest
    place: Text
    """Where the bytes lie in the store."""
    limit_bytes: Count | None = None
    """How much the vivarium may keep in all; None where nothing is refused."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """One rendition with its place in the store."""

    place: str
    variant: Variant


@command(key="file_id")
class FileReady(Command, frozen=True, kw_only=True):
    """A file's renditions are stored."""

    file_id: Id
    stored: tuple[Stored, ...]
    width: Count = 0
    height: Count = 0


@command(key="file_id")
class FileRefused(Command, frozen=True, kw_only=True):
    """An upload turned out to be damaged or too large, or could not be processed."""

    file_id: Id
    why: Text


@command(key="file_id")
class AttachFile(Command, frozen=True, kw_only=True):
    """Attach a file to a subject, or make it the one that stands for it; answers `FileDone`."""

    file_id: Id
    vivarium_id: Id
    subject_kind: SubjectKind
    subject_id: Id
    primary: bool = False
    name: Text | None = None


@command(key="file_id")
class DeleteFile(Command, frozen=True, kw_only=True):
    """Delete a file and its renditions; answers `FileDone`."""

    file_id: Id
    vivarium_id: Id


@command(key="file_id")
class EraseFile(Command, frozen=True, kw_only=True):
    """Delete a file of somebody who is gone, whoever made it, and forget what it was called."""

    file_id: Id
    keep: bool = False
    """Whether the file stays, as the photo of an animal does, and only what it was called is forgotten."""


@command(key="place")
class RemoveLater(Command, frozen=True, kw_only=True):
    """Objects could not be deleted from the store; it is tried again in an hour, and then `due`."""

    place: Text
    """The first of them."""
    places: tuple[Text, ...]
    rounds: Count
    due: bool = False


class RenderStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `AskRender`."""

    job_id: str


@command(key="subject_id")
class AskRender(Command, frozen=True, kw_only=True):
    """Have a pedigree chart or a certificate of an animal drawn; answers `RenderStarted`."""

    job_id: Id
    subject_id: Id
    vivarium_id: Id
    drawing: Literal["pedigree", "certificate"]
    generations: Annotated[int, Meta(ge=1, le=6)] = 3


@command(key="subject_id")
class RedrawChart(Command, frozen=True, kw_only=True):
    """Draw a chart anew, for it names somebody who is not shown any more; nothing where that is under way."""

    subject_id: Id
    file_id: Id
    """The chart that was found so."""


@command(key="subject_id")
class DrawingStored(Command, frozen=True, kw_only=True):
    """A drawing is made and stored."""

    subject_id: Id
    render_id: Text
    job_id: Id
    file_id: Id
    vivarium_id: Id
    """The owner at the time of drawing."""
    place: Text
    variant: Variant
    confidential: bool = False
    """Whether only the owner may read it, whatever the animal's visibility."""
    depth: Count = 0
    """Of a chart, in generations."""
    shows: tuple[Id, ...] = ()
    """The ancestors that a chart names."""
    names_owner: bool = False
    """Whether it bears the public name of its owner."""
    drawn_at: datetime
    duration_ms: float = 0.0


@command(key="subject_id")
class DrawingFailed(Command, frozen=True, kw_only=True):
    """A drawing could not be made."""

    subject_id: Id
    render_id: Text
    job_id: Id
    reason: DrawingFailure
