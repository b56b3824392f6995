"""Takes finished drawings into the files, and says which could not be made."""

from collections.abc import AsyncIterator
from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.media.effects import RemoveStored
from reptidex.agents.media.records import COMPLETED, FAILED, deleted, job, person, processed, uploaded
from reptidex.streams.commands.media import DrawingFailed, DrawingStored, Stored
from reptidex.streams.contract import Event
from reptidex.tables.media.models import File, Render, older_drawings

PAPERS = ("certificate", "manifest")
"""Drawings that are papers: only their vivarium reads them, and a new one replaces none."""


@agent(DrawingStored, prefetch={Render: "render_id"})
async def record_drawing(command: DrawingStored, unit: Unit) -> AsyncIterator[Event]:
    """Take a drawing into the files; one that a later job has overtaken is thrown away."""
    render = await unit.get(Render, command.render_id)
    if render is None or render.job_id != command.job_id:
        unit.effect(RemoveStored(places=(command.place,)))
        return
    file = _file_of(command, render, unit)
    unit.put(file)
    yield uploaded(file)
    yield processed(file)
    done = replace(
        render,
        status="completed",
        vivarium_id=command.vivarium_id,
        file_id=file.file_id,
        finished_at=unit.now,
    )
    unit.put(done)
    completed: Any = COMPLETED.get(render.drawing)
    if completed is not None:
        yield completed(
            **job(done),
            file_id=file.file_id,
            size_bytes=file.size_bytes,
            digest=file.digest,
            duration_ms=command.duration_ms,
        )
    async for event in _drop_older(render, file, unit):
        yield event


def _file_of(command: DrawingStored, render: Render, unit: Unit) -> File:
    return File(
        file_id=command.file_id,
        vivarium_id=command.vivarium_id,
        owner_id=person(unit.cause, command.vivarium_id),
        subject_kind="animal",
        subject_id=command.subject_id,
        name=f"{render.drawing}.svg",
        kind="image" if render.drawing == "placeholder" else "document",
        content_type=command.variant.content_type,
        size_bytes=command.variant.size_bytes,
        digest=command.variant.digest,
        state="ready",
        made=True,
        confidential=command.confidential or render.drawing in PAPERS,
        stored=(Stored(place=command.place, variant=command.variant),),
        width=command.variant.width,
        height=command.variant.height,
        depth=command.depth,
        shows=command.shows,
        names_owner=command.names_owner,
        created_at=unit.now,
    )


async def _drop_older(render: Render, newer: File, unit: Unit) -> AsyncIterator[Event]:
    """Delete the chart that a new one replaces; certificates and manifests are papers, and stay."""
    if render.drawing in PAPERS:
        return
    for old in await unit.find(older_drawings(newer)):
        unit.put(replace(old, state="deleted"))
        unit.effect(RemoveStored(places=tuple(old.places)))
        yield deleted(old, "expired")


@agent(DrawingFailed, prefetch={Render: "render_id"})
async def note_failed_drawing(command: DrawingFailed, unit: Unit) -> AsyncIterator[Event]:
    """Say that a drawing could not be made; the last one stays in its place."""
    render = await unit.get(Render, command.render_id)
    if render is None or render.job_id != command.job_id:
        return
    unit.put(replace(render, status="failed", why=command.reason, finished_at=unit.now))
    failed: Any = FAILED.get(render.drawing)
    if failed is not None:
        yield failed(**job(render), reason=command.reason)
