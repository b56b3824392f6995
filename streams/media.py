"""The events that repti-media publishes: files, renderings, embeds, content."""

from typing import Literal

from reptidex.streams.contract import Event, event
from reptidex.streams.values import (
    Count,
    Digest,
    Id,
    Key,
    Language,
    Positive,
    ProfileKind,
    SubjectKind,
    Text,
    Time,
    Variant,
)

FileKind = Literal["image", "video", "document"]
RenderFormat = Literal["svg", "png", "pdf", "csv", "json"]
DrawingFailure = Literal["missing", "too_large", "timeout", "unavailable", "defect"]


class FileRecord(Event, frozen=True, kw_only=True):
    """A stored file. Its name may tell of a person, and stays at repti-media."""

    file_id: Id
    vivarium_id: Id
    owner_id: Id
    """The person who uploaded it."""
    subject_kind: SubjectKind | None = None
    subject_id: Id | None = None
    """What it is a picture or paper of; None while it is attached to nothing."""
    kind: FileKind
    content_type: Text
    size_bytes: Count
    digest: Digest


@event("file.uploaded", key="file_id")
class FileUploaded(FileRecord, frozen=True, kw_only=True):
    """A file arrived whole and was checked against what had been announced."""


@event("file.processed", key="file_id")
class FileProcessed(FileRecord, frozen=True, kw_only=True):
    """A file's renditions are ready to be shown."""

    variants: tuple[Variant, ...] = ()
    width: Count = 0
    height: Count = 0


@event("file.deleted", key="file_id")
class FileDeleted(FileRecord, frozen=True, kw_only=True):
    """A file and its renditions were deleted."""

    reason: Literal["owner", "moderation", "erased", "expired", "rejected"]


@event("media.uploaded", key="subject_id")
class MediaUploaded(Event, frozen=True, kw_only=True):
    """A processed file was attached to a subject, most often a photo to an animal."""

    subject_id: Id
    subject_kind: SubjectKind
    vivarium_id: Id
    file_id: Id
    kind: FileKind
    variants: tuple[Variant, ...] = ()
    primary: bool = False
    """Whether it is the picture that stands for the subject."""


class RenderJob(Event, frozen=True, kw_only=True):
    """A picture or paper to be made of a subject."""

    subject_id: Id
    job_id: Id
    vivarium_id: Id
    format: RenderFormat
    inputs_digest: Digest
    """Of everything that goes into it: the same inputs need no second rendering."""


class RenderRequest(RenderJob, frozen=True, kw_only=True):
    """What was asked to be rendered, and why."""

    subject_kind: SubjectKind = "animal"
    requested_by: Id | None = None
    """The person; None where an event made it due."""
    reason: Literal["asked", "lineage", "transfer", "photo", "order"] = "asked"
    depth: Count = 0
    """Of a pedigree, in generations."""


class RenderResult(RenderJob, frozen=True, kw_only=True):
    """What a rendering gave."""

    file_id: Id
    size_bytes: Count
    digest: Digest
    duration_ms: float = 0.0


class RenderFailure(RenderJob, frozen=True, kw_only=True):
    """Why a rendering gave nothing."""

    reason: DrawingFailure
    attempt: Positive = 1


@event("render.pedigree.requested", key="subject_id")
class RenderPedigreeRequested(RenderRequest, frozen=True, kw_only=True):
    """A pedigree chart is to be drawn."""


@event("render.pedigree.completed", key="subject_id")
class RenderPedigreeCompleted(RenderResult, frozen=True, kw_only=True):
    """A pedigree chart is drawn."""


@event("render.pedigree.failed", key="subject_id")
class RenderPedigreeFailed(RenderFailure, frozen=True, kw_only=True):
    """A pedigree chart could not be drawn."""


@event("render.chart.requested", key="subject_id")
class RenderChartRequested(RenderRequest, frozen=True, kw_only=True):
    """A chart of figures is to be drawn."""


@event("render.chart.completed", key="subject_id")
class RenderChartCompleted(RenderResult, frozen=True, kw_only=True):
    """A chart of figures is drawn."""


@event("render.chart.failed", key="subject_id")
class RenderChartFailed(RenderFailure, frozen=True, kw_only=True):
    """A chart of figures could not be drawn."""


@event("render.export.requested", key="subject_id")
class RenderExportRequested(RenderRequest, frozen=True, kw_only=True):
    """A paper (certificate, health record, manifest, data export) is to be made."""


@event("render.export.completed", key="subject_id")
class RenderExportCompleted(RenderResult, frozen=True, kw_only=True):
    """A paper is made."""


@event("render.export.failed", key="subject_id")
class RenderExportFailed(RenderFailure, frozen=True, kw_only=True):
    """A paper could not be made."""


class WidgetRecord(Event, frozen=True, kw_only=True):
    """A widget that other sites embed."""

    widget_id: Id
    vivarium_id: Id
    kind: Literal["animal", "pedigree", "breeder", "listing"]
    subject_id: Id
    cache_key: Key
    """Changes whenever what the widget shows changes."""


@event("embed.widget.created", key="widget_id")
class EmbedWidgetCreated(WidgetRecord, frozen=True, kw_only=True):
    """A widget was made."""

    created_by: Id | None = None


@event("embed.widget.updated", key="widget_id")
class EmbedWidgetUpdated(WidgetRecord, frozen=True, kw_only=True):
    """A widget's settings changed."""

    changed: tuple[Text, ...] = ()


@event("embed.widget.refreshed", key="widget_id")
class EmbedWidgetRefreshed(WidgetRecord, frozen=True, kw_only=True):
    """What a widget shows changed; caches of it are stale."""

    cause: Text = ""
    """The name of the event that made it stale."""


@event("embed.widget.deleted", key="widget_id")
class EmbedWidgetDeleted(WidgetRecord, frozen=True, kw_only=True):
    """A widget was taken down."""

    reason: Literal["owner", "subject", "moderation", "erased"] = "owner"


class ProfileEmbedRecord(Event, frozen=True, kw_only=True):
    """The card of a person or a vivarium that other sites embed."""

    profile_id: Id
    kind: ProfileKind
    vivarium_id: Id
    cache_key: Key


@event("embed.profile.created", key="profile_id")
class EmbedProfileCreated(ProfileEmbedRecord, frozen=True, kw_only=True):
    """A profile got its card."""


@event("embed.profile.refreshed", key="profile_id")
class EmbedProfileRefreshed(ProfileEmbedRecord, frozen=True, kw_only=True):
    """What a profile's card shows changed; caches of it are stale."""


class ContentRecord(Event, frozen=True, kw_only=True):
    """A written page: a care guide, an article, an announcement."""

    content_id: Id
    vivarium_id: Id | None = None
    """None for what the platform itself writes."""
    kind: Literal["article", "guide", "page", "announcement"]
    title: Text
    slug: Text = ""
    language: Language = "en"
    revision: Positive
    species_id: Id | None = None
    """The species that it is about."""
    digest: Digest


@event("content.updated", key="content_id")
class ContentUpdated(ContentRecord, frozen=True, kw_only=True):
    """A page has a new revision, which only its authors see."""


@event("content.published", key="content_id")
class ContentPublished(ContentRecord, frozen=True, kw_only=True):
    """A revision of a page was made public."""

    published_at: Time
