"""Drawings of animals: pedigree charts, certificates, manifests; and the cards that other sites embed."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.drawing.card import Card, card
from reptidex.errors import NotFoundError
from reptidex.http.media.access import check_subject, permitted, taken_down
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Page, Paging, Raw, Request, Routes
from reptidex.streams.commands.media import AskRender, RenderStarted
from reptidex.streams.values import Id
from reptidex.tables.media.models import Profile, Render, renders_of

routes = Routes("renders")


class RenderFilter(Paging, frozen=True, kw_only=True):
    """Of what."""

    subject: Id


class RenderView(msgspec.Struct, frozen=True, kw_only=True):
    """The latest drawing of one kind."""

    drawing: str
    subject_id: str
    job_id: str
    status: str
    reason: str
    file_id: str | None
    download: str | None
    requested_at: datetime
    finished_at: datetime | None
    why: str


class NewRender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be drawn."""

    subject_id: Id
    drawing: Literal["pedigree", "certificate"] = "pedigree"
    generations: Annotated[int, Meta(ge=1, le=6)] = 3


def _view(render: Render) -> RenderView:
    same = set(RenderView.__struct_fields__) - {"download"}
    link = f"/files/{render.file_id}/download" if render.file_id else None
    return RenderView(**{name: getattr(render, name) for name in same}, download=link)


@routes.get("/renders", policy=member("keeper"))
async def list_renders(request: Request[None, RenderFilter]) -> Page[RenderView]:
    """List what has been drawn of an animal for the caller's vivarium."""
    wanted = renders_of(request.caller.vivarium_id, request.query.subject)
    rows, cursor = await request.read.page(wanted, request.query)
    return Page(items=[_view(row) for row in rows], next=cursor)


@routes.post("/renders", policy=member("handler", cost=5), status=201, errors=(404, 422))
async def ask_render(request: Request[NewRender, None]) -> RenderStarted:
    """Have a pedigree chart drawn, or the certificate of a transfer drawn again."""
    vivarium_id = await permitted(request, "handler")
    body = request.body
    await check_subject(request, "animal", body.subject_id, vivarium_id)
    command = AskRender(
        job_id=request.new_id(),
        subject_id=body.subject_id,
        vivarium_id=vivarium_id,
        drawing=body.drawing,
        generations=body.generations,
    )
    return await request.ask(command, RenderStarted)


def _subject(profile: Profile) -> tuple[str, str]:
    """Return whom a profile is of, as moderators name it."""
    return ("user" if profile.kind == "user" else "vivarium"), profile.profile_id


@routes.get("/embeds/profiles/{profile_id}", policy=public(), errors=(404,))
async def show_card(request: Request[None, None]) -> Raw:
    """Show the card of a person or vivarium, made to stand in a frame on any site."""
    profile = await request.read.get(Profile, request.path["profile_id"])
    if profile is None or profile.visibility != "public" or await taken_down(request, *_subject(profile)):
        raise NotFoundError("profile", request.path["profile_id"])
    shown = Card(display_name=profile.display_name, bio=profile.bio, location=profile.location, website=profile.website)
    return Raw(
        body=card(shown),
        content_type="text/html; charset=utf-8",
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": f'"{profile.cache_key}"',
            "Cache-Control": "public, max-age=60",
        },
    )
