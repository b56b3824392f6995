"""Uploads that go straight to the store: for large files and slow lines, which would keep a request of ours open."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.connectors.files.port import Rules
from reptidex.domain.uploads import MOST_BYTES, announced, plain_name, waiting_place
from reptidex.errors import NotFoundError
from reptidex.http.media.access import check_subject, permitted
from reptidex.http.media.files import Subject
from reptidex.http.media.storage import storage_limit
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.media_uploads import AnnounceUpload, UploadSeen, UploadStands, UploadState
from reptidex.streams.values import Id, Text
from reptidex.tables.media.uploads import AnnouncedUpload

routes = Routes("files")
WITHIN_S = 900


class NewUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What will be sent, and what it is of."""

    content_type: Annotated[str, Meta(max_length=100)]
    digest: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    """SHA-256 in hexadecimal: the store then refuses other bytes."""
    subject_kind: Subject | None = None
    subject_id: Id | None = None
    primary: bool = False
    name: Text = ""


class UploadView(msgspec.Struct, frozen=True, kw_only=True):
    """How an upload stands. Once it has `arrived`, `GET /files/{file_id}` says more."""

    file_id: str
    state: UploadState
    why: str = ""
    expires_at: datetime


class UploadForm(UploadView, frozen=True, kw_only=True):
    """Where to send the bytes: a form POST with these fields, and the bytes last, as `file`."""

    url: str
    fields: dict[str, str]


@routes.post("/uploads", policy=member("handler", cost=5), status=201, errors=(409, 415, 422))
async def begin_upload(request: Request[NewUpload, None]) -> UploadForm:
    """Announce an upload; the answer is the form with which a browser sends it, for a quarter of an hour."""
    body = request.body
    kind = announced(body.content_type)
    vivarium_id = await permitted(request, "handler")
    await check_subject(request, body.subject_kind, body.subject_id, vivarium_id)
    file_id = request.new_id()
    place = waiting_place(file_id)
    rules = Rules(content_type=kind.content_type, most_bytes=MOST_BYTES, digest=body.digest)
    form = await request.ports.files.upload(place, rules, within_s=WITHIN_S)
    command = AnnounceUpload(
        file_id=file_id,
        vivarium_id=vivarium_id,
        owner_id=request.caller.subject,
        subject_kind=body.subject_kind,
        subject_id=body.subject_id,
        primary=body.primary,
        name=plain_name(body.name),
        kind=kind.kind,
        content_type=kind.content_type,
        digest=body.digest,
        place=place,
        limit_bytes=await storage_limit(request, vivarium_id),
        expires_at=form.expires_at,
    )
    made = await request.ask(command, UploadStands)
    return UploadForm(
        file_id=made.file_id, state=made.state, expires_at=form.expires_at, url=form.url, fields=form.fields
    )


@routes.get("/uploads/{file_id}", policy=member("keeper"), errors=(404,))
async def get_upload(request: Request[None, None]) -> UploadView:
    """Say how an upload stands."""
    upload = await request.read.get(AnnouncedUpload, request.path["file_id"])
    if upload is None or upload.vivarium_id != request.caller.vivarium_id:
        raise NotFoundError("upload", request.path["file_id"])
    return msgspec.convert(upload, UploadView, from_attributes=True)


@routes.post("/uploads/{file_id}/finalise", policy=member("handler", cost=5), status=202, errors=(404,))
async def finalise_upload(request: Request[None, None]) -> UploadStands:
    """Say that the bytes were sent. Where the bucket tells us itself, nobody has to."""
    vivarium_id = await permitted(request, "handler")
    seen = UploadSeen(file_id=request.path["file_id"], vivarium_id=vivarium_id, at=datetime.now(UTC))
    return await request.ask(seen, UploadStands)
