"""The catalogue's editors: platform administrators change it, anybody signed in proposes, every change names its source."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.edits import Kind, key_of
from reptidex.domain.catalogue.entries import Combo, Morph, Species, SpeciesFacts
from reptidex.domain.catalogue.shelf import need_species, shipped
from reptidex.domain.genetics.loci import Locus
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.middlewares.validation import check_match
from reptidex.http.server.policy import public, scope, signed_in
from reptidex.http.server.routes import Page, Paging, Raw, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_taxonomy import LONGEST, DecideProposal, Edited, EditTaxon, ProposeTaxon, Source
from reptidex.streams.values import Id, LongText
from reptidex.tables.animal.taxonomy import (
    TaxonProposal,
    TaxonRevision,
    last_number,
    proposals,
    refresh,
    revisions_of,
)

routes = Routes("taxonomy")
Asked = Request[Any, Any]


class FactsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a species beside its genes and looks, whole."""

    facts: SpeciesFacts
    source: Source


class LocusChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gene with all its known alleles, whole."""

    locus: Locus
    source: Source


class MorphFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A morph, whole, without its id."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    inheritance: Literal["recessive", "incomplete", "dominant", "codominant", "polygenic", "fixed", "unknown"]
    genotype: dict[str, tuple[str, str]] = {}
    aliases: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class MorphChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A morph, whole."""

    morph: MorphFacts
    source: Source


class ComboChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named combination, whole."""

    combo: Combo
    source: Source


class NewProposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change that somebody thinks right: exactly one of the parts."""

    species_id: Id | None = None
    """Left out for a new species."""
    facts: SpeciesFacts | None = None
    locus: Locus | None = None
    morph: MorphFacts | None = None
    morph_id: Id | None = None
    """The morph that is changed; left out for a new one."""
    combo: Combo | None = None
    source: Source
    reason: LongText = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an editor makes of a proposal."""

    accept: bool
    answer: LongText = ""
    """Needed where it is declined."""


class ProposalFilter(Paging, frozen=True, kw_only=True):
    """Which proposals."""

    status: Literal["open", "accepted", "declined"] | None = None
    species_id: Id | None = None


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal."""

    proposal_id: str
    species_id: str
    kind: str
    part: str
    value: msgspec.Raw
    source: str
    reason: str
    status: str
    proposed_at: datetime
    decided_at: datetime | None
    answer: str


class RevisionView(msgspec.Struct, frozen=True, kw_only=True):
    """One change that editors made to a species."""

    revision_id: str
    number: int
    kind: str
    part: str
    before: msgspec.Raw | None
    """None where the part was new."""
    after: msgspec.Raw
    source: str
    by: str | None
    proposal_id: str | None
    at: datetime


def _sourced(part: Any, source: str) -> Any:
    """Return a part that names the source of this change among its own."""
    return part if source in part.sources else msgspec.structs.replace(part, sources=(*part.sources, source))


def _written(part: Any) -> str:
    """Return a part as JSON. Raises `InvalidError` where it is longer than a command may carry."""
    text = msgspec.json.encode(part).decode()
    if len(text) > LONGEST:
        raise InvalidError(f"a part of a species has at most {LONGEST} characters of JSON; this one has {len(text)}")
    return text


async def _edit(request: Asked, kind: Kind, species_id: str, part: Any, *, new: bool) -> Species:
    """Make a change, and return the species as it then stands."""
    found = await request.read.find(last_number(species_id))
    if "If-Match" in request.headers:
        await refresh(request.read)
        check_match(request.headers, need_species(species_id))
    part = _sourced(part, request.body.source)
    command = EditTaxon(
        species_id=species_id,
        kind=kind,
        part=key_of(kind, part, species_id),
        value=_written(part),
        source=request.body.source,
        expected=(found[0].number if found else 0) if "If-Match" in request.headers else None,
        new=new,
    )
    done = await request.ask(command, Edited)
    await refresh(request.read)
    return need_species(done.species_id)


@routes.get("/taxonomy/schema", policy=public())
async def show_schema(request: Request[None, None]) -> Raw:
    """Show the JSON Schema of a catalogue entry."""
    return Raw(body=msgspec.json.encode(msgspec.json.schema(Species)), content_type="application/schema+json")


@routes.post("/taxonomy/species", policy=scope("admin"), status=201, errors=(409, 422))
async def add_species(request: Request[FactsChange, None]) -> Species:
    """Add a species; its loci and morphs follow one by one."""
    return await _edit(request, "species", request.new_id(), request.body.facts, new=True)


@routes.put("/taxonomy/species/{species_id}", policy=scope("admin"), errors=(404, 412, 422))
async def change_species(request: Request[FactsChange, None]) -> Species:
    """Change what is known of a species. Send the ETag of `GET /species/{species_id}` as `If-Match`."""
    await refresh(request.read)
    species_id = need_species(request.path["species_id"]).species_id
    return await _edit(request, "species", species_id, request.body.facts, new=False)


@routes.put("/taxonomy/species/{species_id}/loci/{locus}", policy=scope("admin"), errors=(404, 412, 422))
async def put_locus(request: Request[LocusChange, None]) -> Species:
    """Add a locus, or change it; alleles that animals may carry stay."""
    part = request.body.locus
    if part.locus != request.path["locus"]:
        raise InvalidError(f"the address says {request.path['locus']!r}", "/locus/locus")
    return await _edit(request, "locus", request.path["species_id"], part, new=False)


@routes.post("/taxonomy/species/{species_id}/morphs", policy=scope("admin"), status=201, errors=(404, 409, 422))
async def add_morph(request: Request[MorphChange, None]) -> Species:
    """Add a morph to a species."""
    part = _morph(request.new_id(), request.body.morph)
    return await _edit(request, "morph", request.path["species_id"], part, new=True)


@routes.put("/taxonomy/species/{species_id}/morphs/{morph_id}", policy=scope("admin"), errors=(404, 412, 422))
async def change_morph(request: Request[MorphChange, None]) -> Species:
    """Change a morph of a species."""
    await refresh(request.read)
    entry, morph_id = need_species(request.path["species_id"]), request.path["morph_id"]
    if all(one.morph_id != morph_id for one in entry.morphs):
        raise NotFoundError("morph", morph_id)
    return await _edit(request, "morph", entry.species_id, _morph(morph_id, request.body.morph), new=False)


@routes.put("/taxonomy/species/{species_id}/combos/{name}", policy=scope("admin"), errors=(404, 412, 422))
async def put_combo(request: Request[ComboChange, None]) -> Species:
    """Add a named combination, or change it."""
    part = request.body.combo
    if part.name != request.path["name"]:
        raise InvalidError(f"the address says {request.path['name']!r}", "/combo/name")
    return await _edit(request, "combo", request.path["species_id"], part, new=False)


@routes.get("/taxonomy/species/{species_id}/revisions", policy=public(cost=2), errors=(404,))
async def list_revisions(request: Request[None, Paging]) -> Page[RevisionView]:
    """List the changes that editors made to a species, latest first, each with what was before."""
    species_id = request.path["species_id"]
    rows, cursor = await request.read.page(revisions_of(species_id), request.query)
    if not rows and species_id not in shipped():
        raise NotFoundError("species", species_id)
    admin = "admin" in request.caller.scopes
    return Page(items=[_revision_view(row, admin) for row in rows], next=cursor)


@routes.post("/taxonomy/proposals", policy=signed_in(cost=5), status=201, errors=(404, 422))
async def propose(request: Request[NewProposal, None]) -> ProposalView:
    """Propose a change. It is checked at once; an editor accepts or declines it."""
    body, species_id = request.body, request.body.species_id
    morph = _morph(body.morph_id or request.new_id(), body.morph) if body.morph else None
    parts: list[tuple[Kind, Any]] = [
        ("species", body.facts),
        ("locus", body.locus),
        ("morph", morph),
        ("combo", body.combo),
    ]
    given = [(kind, part) for kind, part in parts if part is not None]
    if len(given) != 1:
        raise InvalidError("a proposal is about one part: facts, locus, morph or combo", "")
    [(kind, part)] = given
    if species_id is None and kind != "species":
        raise InvalidError("this part belongs to a species", "/species_id")
    species_id, part = species_id or request.new_id(), _sourced(part, body.source)
    command = ProposeTaxon(
        proposal_id=request.new_id(),
        species_id=species_id,
        kind=kind,
        part=key_of(kind, part, species_id),
        value=_written(part),
        source=body.source,
        reason=body.reason,
    )
    done = await request.ask(command, Done)
    return _proposal_view(await request.read.need(TaxonProposal, done.id))


@routes.get("/taxonomy/proposals", policy=signed_in(), errors=(422,))
async def list_proposals(request: Request[None, ProposalFilter]) -> Page[ProposalView]:
    """List proposals, oldest first. Who proposed is not shown."""
    query = request.query
    rows, cursor = await request.read.page(proposals(query.status, query.species_id), query)
    return Page(items=[_proposal_view(row) for row in rows], next=cursor)


@routes.post("/taxonomy/proposals/{proposal_id}/decision", policy=scope("admin"), errors=(404, 409, 422))
async def decide(request: Request[Decision, None]) -> ProposalView:
    """Accept a proposal, which makes the change, or decline it with a reason."""
    proposal = await request.read.need(TaxonProposal, request.path["proposal_id"])
    command = DecideProposal(
        proposal_id=proposal.proposal_id,
        species_id=proposal.species_id,
        accept=request.body.accept,
        answer=request.body.answer,
    )
    await request.ask(command, Edited)
    await refresh(request.read)
    return _proposal_view(await request.read.need(TaxonProposal, proposal.proposal_id))


def _morph(morph_id: str, facts: MorphFacts) -> Morph:
    return Morph(morph_id=morph_id, **msgspec.structs.asdict(facts))


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def _proposal_view(row: TaxonProposal) -> ProposalView:
    names = [name for name in ProposalView.__struct_fields__ if name != "value"]
    return ProposalView(**{name: getattr(row, name) for name in names}, value=_raw(row.value))


def _revision_view(row: TaxonRevision, admin: bool) -> RevisionView:
    return RevisionView(
        revision_id=row.revision_id,
        number=row.number,
        kind=row.kind,
        part=row.part,
        before=_raw(row.before) if row.before is not None else None,
        after=_raw(row.after),
        source=row.source,
        by=row.by if admin else None,
        proposal_id=row.proposal_id,
        at=row.at,
    )
