"""Files and drawings as the events that tell of them."""

from typing import Any

from reptidex.streams.contract import Event
from reptidex.streams.envelope import AnyEvent
from reptidex.streams.media import (
    FileDeleted,
    FileProcessed,
    FileRecord,
    FileUploaded,
    MediaUploaded,
    RenderExportCompleted,
    RenderExportFailed,
    RenderExportRequested,
    RenderPedigreeCompleted,
    RenderPedigreeFailed,
    RenderPedigreeRequested,
)
from reptidex.tables.media.models import File, Render

REQUESTED: dict[str, type[Event]] = {
    "pedigree": RenderPedigreeRequested,
    "certificate": RenderExportRequested,
    "manifest": RenderExportRequested,
}
COMPLETED: dict[str, type[Event]] = {
    "pedigree": RenderPedigreeCompleted,
    "certificate": RenderExportCompleted,
    "manifest": RenderExportCompleted,
}
FAILED: dict[str, type[Event]] = {
    "pedigree": RenderPedigreeFailed,
    "certificate": RenderExportFailed,
    "manifest": RenderExportFailed,
}
"""The events of each drawing; a placeholder is told by those of its file alone."""


def file_record(file: File) -> dict[str, Any]:
    """Return the fields that every event about a file carries."""
    return {name: getattr(file, name) for name in FileRecord.__struct_fields__}


def uploaded(file: File) -> FileUploaded:
    """Say that a file arrived."""
    return FileUploaded(**file_record(file))


def processed(file: File) -> FileProcessed:
    """Say that a file's renditions are ready."""
    variants = tuple(one.variant for one in file.stored)
    return FileProcessed(**file_record(file), variants=variants, width=file.width, height=file.height)


def deleted(file: File, reason: str) -> FileDeleted:
    """Say that a file was deleted."""
    values: dict[str, Any] = {"reason": reason}
    return FileDeleted(**file_record(file), **values)


def attached(file: File) -> MediaUploaded | None:
    """Say that a ready file hangs on a subject; None where it hangs on none."""
    if file.subject_id is None or file.subject_kind is None or file.state != "ready":
        return None
    return MediaUploaded(
        subject_id=file.subject_id,
        subject_kind=file.subject_kind,
        vivarium_id=file.vivarium_id,
        file_id=file.file_id,
        kind=file.kind,
        variants=tuple(one.variant for one in file.stored),
        primary=file.primary,
    )


def job(render: Render) -> dict[str, Any]:
    """Return the fields that every event about a drawing carries."""
    return {
        "subject_id": render.subject_id,
        "job_id": render.job_id,
        "vivarium_id": render.vivarium_id,
        "format": "svg",
        "inputs_digest": render.inputs_digest,
    }


def person(cause: AnyEvent, otherwise: str) -> str:
    """Return the id of the person behind a message; `otherwise` where a service or nobody is."""
    kind, _, name = (cause.actor or "").partition(":")
    return name if kind == "user" and name else otherwise
