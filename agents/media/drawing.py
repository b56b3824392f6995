"""Carries out drawings: asks repti-animal what is true now, draws it, and stores the drawing."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from reptidex.agents.agent import Call, carries_out
from reptidex.agents.media.answers import AnimalFacts, PedigreeFacts
from reptidex.agents.media.effects import (
    PATIENT,
    DrawCertificate,
    DrawEffect,
    DrawManifest,
    DrawPedigree,
    DrawPlaceholder,
)
from reptidex.domain.drawing.chart import pedigree_chart
from reptidex.domain.drawing.facts import Ancestor, Manifest, Pedigree, Transfer
from reptidex.domain.drawing.papers import certificate, manifest
from reptidex.domain.drawing.placeholder import SIZE, placeholder
from reptidex.domain.visibility import has_page, sight
from reptidex.errors import NotFoundError
from reptidex.streams.commands.media import DrawingFailed, DrawingStored
from reptidex.streams.contract import Command
from reptidex.streams.values import Variant

CONTENT_TYPE = "image/svg+xml"


def _failed(effect: DrawEffect, cause: str) -> Command:
    reason: Any = "unavailable" if "does not answer" in cause else "defect"
    return DrawingFailed(subject_id=effect.subject_id, render_id=effect.render_id, job_id=effect.job_id, reason=reason)


def _missing(effect: DrawEffect) -> Command:
    return DrawingFailed(
        subject_id=effect.subject_id, render_id=effect.render_id, job_id=effect.job_id, reason="missing"
    )


async def _keep(
    effect: DrawEffect,
    call: Call,
    vivarium_id: str,
    draw: Callable[[], bytes],
    side: int = 0,
    *,
    confidential: bool = False,
    **more: Any,
) -> Command:
    began = time.perf_counter()
    data = draw()
    place = f"renders/{effect.file_id}.svg"
    await call.ports.files.put(place, data, content_type=CONTENT_TYPE)
    variant = Variant(
        name="original",
        content_type=CONTENT_TYPE,
        size_bytes=len(data),
        digest=sha256(data).hexdigest(),
        width=side,
        height=side,
    )
    return DrawingStored(
        subject_id=effect.subject_id,
        render_id=effect.render_id,
        job_id=effect.job_id,
        file_id=effect.file_id,
        vivarium_id=vivarium_id,
        place=place,
        variant=variant,
        confidential=confidential,
        drawn_at=call.cause.time,
        duration_ms=round((time.perf_counter() - began) * 1000, 3),
        **more,
    )


@carries_out(DrawPlaceholder, attempts=PATIENT, failed=_failed)
async def draw_placeholder(effect: DrawPlaceholder, call: Call) -> Command:
    """Draw the picture that stands for an animal without photos."""
    animal_id, code, species = effect.subject_id, effect.code, effect.species
    return await _keep(effect, call, effect.vivarium_id, lambda: placeholder(animal_id, code, species), SIZE)


@carries_out(DrawPedigree, attempts=PATIENT, failed=_failed)
async def draw_pedigree(effect: DrawPedigree, call: Call) -> Command:
    """Draw the pedigree as repti-animal has it now, under the name of the present owner.

    The chart of an animal that everybody sees names whom everybody may know. That of any other is its owner's alone. Whom it
    names is kept with it: a reader is given it only as long as they are shown.
    """
    path = f"/internal/animals/{effect.subject_id}"
    try:
        animal = await call.ports.animal.get(path, AnimalFacts)
        everybody = has_page(sight(animal.visibility, animal.vivarium_id, ""))
        viewers = {"everybody": "true"} if everybody else None
        found = await call.ports.animal.get(f"{path}/pedigree/{effect.generations}", PedigreeFacts, viewers)
    except NotFoundError:
        return _missing(effect)
    drawn = Pedigree(
        animal_id=effect.subject_id,
        species=animal.species,
        generations=found.generations,
        places=tuple(_ancestor(place) for place in found.places),
        inbreeding=found.inbreeding,
        completeness=found.completeness,
        lineage_status=found.lineage_status,
        owner=effect.names.get(animal.vivarium_id, animal.vivarium_id),
    )
    shows = {place.animal_id: None for place in found.places if place.number > 1 and place.animal_id}
    return await _keep(
        effect,
        call,
        animal.vivarium_id,
        lambda: pedigree_chart(drawn),
        confidential=not everybody,
        depth=effect.generations,
        shows=tuple(shows),
        names_owner=animal.vivarium_id in effect.names,
    )


@carries_out(DrawCertificate, attempts=PATIENT, failed=_failed)
async def draw_certificate(effect: DrawCertificate, call: Call) -> Command:
    """Draw the certificate of an animal's owner. One who has passed it on meanwhile gets none: it would name another."""
    path = f"/internal/animals/{effect.subject_id}"
    try:
        animal = await call.ports.animal.get(path, AnimalFacts)
        if animal.vivarium_id != effect.vivarium_id:
            return _missing(effect)
        found = await call.ports.animal.get(f"{path}/pedigree/1", PedigreeFacts)
    except NotFoundError:
        return _missing(effect)
    names = {place.number: _ancestor(place).title for place in found.places}
    former = effect.names.get(effect.former_vivarium_id, effect.former_vivarium_id) or "not recorded"
    drawn = Transfer(
        animal_id=effect.subject_id,
        code=animal.code,
        name=animal.name,
        species=animal.species,
        morph=animal.morph,
        sex=animal.sex,
        born_on=animal.birth,
        owner=effect.names.get(animal.vivarium_id, animal.vivarium_id),
        former_owner=former,
        on_day=effect.on_day,
        inbreeding=animal.inbreeding,
        lineage_status=animal.lineage_status,
        sire=names.get(2, "unknown"),
        dam=names.get(3, "unknown"),
        number=effect.order_id,
    )
    return await _keep(effect, call, animal.vivarium_id, lambda: certificate(drawn), confidential=True)


@carries_out(DrawManifest, attempts=PATIENT, failed=_failed)
async def draw_manifest(effect: DrawManifest, call: Call) -> Command:
    """Draw the manifest of a shipment."""
    drawn = Manifest(
        order_id=effect.order_id,
        shipper=effect.shipper,
        consignee=effect.consignee,
        on_day=effect.on_day,
        lines=effect.lines,
    )
    return await _keep(effect, call, effect.vivarium_id, lambda: manifest(drawn), confidential=True)


def _ancestor(place: Any) -> Ancestor:
    names = Ancestor.__struct_fields__
    return Ancestor(**{name: getattr(place, name) for name in names})
