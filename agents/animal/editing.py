"""Changes the catalogue as its editors decide, and keeps how it came about."""

from collections.abc import AsyncIterator

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.taxonomy import tell
from reptidex.domain.catalogue.edits import KINDS, Edit, check_kept, compose, key_of
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import shipped
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_taxonomy import DecideProposal, Edited, EditTaxon, ProposeTaxon
from reptidex.streams.contract import Event
from reptidex.tables.animal.models import Taxon
from reptidex.tables.animal.taxonomy import (
    TaxonEdit,
    TaxonProposal,
    TaxonRevision,
    all_edits,
    as_edit,
    edits_of,
    last_number,
)


class TaxonChangedError(DomainError):
    """Somebody changed the species since the editor read it."""

    status = 412
    title = "It has changed meanwhile"

    def __init__(self, number: int) -> None:
        super().__init__(f"the species is at revision {number} now; read it again")
        self.number = number


class TaxonExistsError(DomainError):
    """The part exists already."""

    title = "It exists already"

    def __init__(self, kind: str, part: str) -> None:
        super().__init__(f"there is a {kind} {part!r} already")
        self.kind, self.part = kind, part


class ProposalDecidedError(DomainError):
    """The proposal has been decided."""

    title = "The proposal is decided"

    def __init__(self, status: str) -> None:
        super().__init__(f"the proposal was {status}")
        self.state = status


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change that fits."""

    before: Species | None
    after: Species
    number: int
    part_before: str | None


async def _change(
    wanted: EditTaxon | ProposeTaxon | TaxonProposal, unit: Unit, expected: int | None = None, new: bool = False
) -> Change:
    """Check a change against the catalogue as the database has it. Raises what is wrong with it."""
    rows = await unit.find(edits_of(wanted.species_id))
    found = await unit.find(last_number(wanted.species_id))
    number = found[0].number if found else 0
    if expected is not None and expected != number:
        raise TaxonChangedError(number)
    base = shipped().get(wanted.species_id)
    before = compose(base, [as_edit(row) for row in rows]) if base or rows else None
    if before is None and wanted.kind != "species":
        raise NotFoundError("species", wanted.species_id)
    part = _decode(wanted)
    old = _part(before, wanted.kind, wanted.part)
    if new and old is not None:
        raise TaxonExistsError(wanted.kind, wanted.part)
    kept = [as_edit(row) for row in rows if (row.kind, row.part) != (wanted.kind, wanted.part)]
    edit = Edit(species_id=wanted.species_id, kind=wanted.kind, key=wanted.part, value=wanted.value)
    after = compose(base, [*kept, edit])
    check_kept(before, after)
    if not getattr(part, "sources", ()):
        raise InvalidError("every entry names its sources", "/sources")
    await _check_alone(after, unit)
    return Change(before=before, after=after, number=number + 1, part_before=old)


def _decode(wanted: EditTaxon | ProposeTaxon | TaxonProposal) -> object:
    try:
        part = msgspec.json.decode(wanted.value, type=KINDS[wanted.kind])
    except msgspec.DecodeError as problem:  # ill-formed, or of another form
        raise InvalidError(str(problem), "/value") from problem
    if key_of(wanted.kind, part, wanted.species_id) != wanted.part:
        raise InvalidError(f"the part is called {key_of(wanted.kind, part, wanted.species_id)!r}, not {wanted.part!r}")
    return part


def _part(entry: Species | None, kind: str, key: str) -> str | None:
    """Return a part of a species as JSON; None where it is not there."""
    if entry is None:
        return None
    if kind == "species":
        facts = {name: getattr(entry, name) for name in KINDS["species"].__struct_fields__}
        return msgspec.json.encode(facts).decode()
    parts = {"locus": entry.loci, "morph": entry.morphs, "combo": entry.combos}[kind]
    found = next((one for one in parts if key_of(kind, one, entry.species_id) == key), None)  # type: ignore[arg-type]
    return msgspec.json.encode(found).decode() if found is not None else None


async def _check_alone(after: Species, unit: Unit) -> None:
    """Check that no other species has the same name, address or code. Raises `InvalidError`."""
    others = dict(shipped())
    laid: dict[str, list[Edit]] = {}
    for row in await unit.find(all_edits()):
        laid.setdefault(row.species_id, []).append(as_edit(row))
    for species_id, edits in laid.items():
        others[species_id] = compose(others.get(species_id), edits)
    others.pop(after.species_id, None)
    for other in others.values():
        for name in ("scientific_name", "slug", "code"):
            if getattr(other, name) == getattr(after, name):
                text = f"{other.scientific_name} has the {name.replace('_', ' ')} {getattr(after, name)!r}"
                raise InvalidError(text, f"/facts/{name}")


def _put(change: Change, wanted: EditTaxon | TaxonProposal, proposal_id: str | None, unit: Unit) -> None:
    unit.put(
        TaxonEdit(
            edit_id=TaxonEdit.id_of(wanted.species_id, wanted.kind, wanted.part),
            species_id=wanted.species_id,
            kind=wanted.kind,
            part=wanted.part,
            value=wanted.value,
            number=change.number,
        )
    )
    unit.put(
        TaxonRevision(
            revision_id=unit.new_id(),
            species_id=wanted.species_id,
            number=change.number,
            kind=wanted.kind,
            part=wanted.part,
            before=change.part_before,
            after=wanted.value,
            source=wanted.source,
            by=unit.cause.actor,
            proposal_id=proposal_id,
            at=unit.now,
        )
    )
    unit.answer(Edited(species_id=wanted.species_id, part=wanted.part, number=change.number))


@agent(EditTaxon, prefetch={Taxon: "species_id"})
async def edit_taxon(command: EditTaxon, unit: Unit) -> AsyncIterator[Event]:
    """Change or add a part of a species, and tell the platform what that changes."""
    change = await _change(command, unit, command.expected, command.new)
    _put(change, command, None, unit)
    async for event in tell(change.after, unit):
        yield event


@agent(ProposeTaxon, prefetch={TaxonProposal: "proposal_id"})
async def propose_taxon(command: ProposeTaxon, unit: Unit) -> None:
    """Keep a proposal, if it would fit as things stand."""
    await _change(command, unit)
    names = [name for name in command.__struct_fields__ if name in TaxonProposal.__struct_fields__]
    values = {name: getattr(command, name) for name in names}
    unit.put(TaxonProposal(**values, proposed_by=unit.cause.actor, proposed_at=unit.now))
    unit.answer(Done(id=command.proposal_id))


@agent(DecideProposal, prefetch={TaxonProposal: "proposal_id"})
async def decide_proposal(command: DecideProposal, unit: Unit) -> AsyncIterator[Event]:
    """Accept a proposal, which makes the change, or decline it with a reason."""
    proposal = await unit.get(TaxonProposal, command.proposal_id)
    if proposal is None or proposal.species_id != command.species_id:
        raise NotFoundError("proposal", command.proposal_id)
    if proposal.status != "open":
        raise ProposalDecidedError(proposal.status)
    if not command.accept and not command.answer.strip():
        raise InvalidError("whoever proposed it should learn why it is declined", "/answer")
    unit.put(
        replace(
            proposal,
            status="accepted" if command.accept else "declined",
            decided_by=unit.cause.actor,
            decided_at=unit.now,
            answer=command.answer,
        )
    )
    if not command.accept:
        unit.answer(Edited(species_id=proposal.species_id, part=proposal.part, number=0))
        return
    change = await _change(proposal, unit)
    _put(change, proposal, proposal.proposal_id, unit)
    async for event in tell(change.after, unit):
        yield event
