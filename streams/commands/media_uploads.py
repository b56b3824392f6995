"""Uploads that go straight to the store: announced here, sent there, and taken in when the store says that they came."""

from datetime import datetime
from typing import Literal

import msgspec

from reptidex.streams.contract import Command, command
from reptidex.streams.media import FileKind
from reptidex.streams.values import Count, Digest, Id, SubjectKind, Text

UploadState = Literal["announced", "arriving", "arrived", "refused"]


class UploadStands(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a command about an upload."""

    file_id: str
    state: UploadState


@command(key="file_id", service="media")
class AnnounceUpload(Command, frozen=True, kw_only=True):
    """Expect bytes at a place; answers `UploadStands`."""

    file_id: Id
    vivarium_id: Id
    owner_id: Id
    subject_kind: SubjectKind | None = None
    subject_id: Id | None = None
    primary: bool = False
    name: Text = ""
    kind: FileKind
    content_type: Text
    digest: Text = ""
    """SHA-256 in hexadecimal, where the sender said it beforehand."""
    place: Text
    limit_bytes: Count | None = None
    """How much the vivarium may keep in all; None where nothing is refused."""
    expires_at: datetime


@command(key="file_id", service="media")
class UploadSeen(Command, frozen=True, kw_only=True):
    """The store, or the sender, says that the bytes are there; answers `UploadStands`."""

    file_id: Id
    vivarium_id: Id | None = None
    """Of the sender who says so; None where the store does."""
    at: datetime
    """When they came."""


@command(key="file_id", service="media")
class UploadLookedAt(Command, frozen=True, kw_only=True):
    """How it went to take the bytes in."""

    file_id: Id
    outcome: Literal["kept", "missing", "refused"]
    size_bytes: Count = 0
    digest: Digest | None = None
    why: Text = ""
