"""What repti-animal remembers of the catalogue: what editors changed, how it came about, what is proposed."""

from datetime import datetime
from typing import Literal

from reptidex.domain.catalogue import shelf
from reptidex.domain.catalogue.edits import Edit, Kind
from reptidex.tables.animal.queries import Finder
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored


@stored("taxon_edits", key="edit_id", indexes=(("species_id",),))
class TaxonEdit(Row, frozen=True, kw_only=True):
    """A part of the catalogue as an editor left it; it lies over the shipped files."""

    edit_id: str
    """`<species>:<kind>:<key>`"""
    species_id: str
    kind: Kind
    part: str
    """The part's key within its species."""
    value: str
    """As JSON."""
    number: int
    """The species' revision that made it."""

    @staticmethod
    def id_of(species_id: str, kind: str, part: str) -> str:
        """Return the key of the edit of a part."""
        return f"{species_id}:{kind}:{part}"


@stored("taxon_revisions", key="revision_id", indexes=(("species_id", "number"), ("at",)))
class TaxonRevision(Row, frozen=True, kw_only=True):
    """One change of the catalogue, kept for ever."""

    revision_id: str
    species_id: str
    number: int
    """1 for the first change that editors made to the species, then up without a gap."""
    kind: Kind
    part: str
    before: str | None = None
    """The part as it was, as JSON; None where it is new."""
    after: str
    source: str
    by: str | None = None
    proposal_id: str | None = None
    at: datetime


@stored("taxon_proposals", key="proposal_id", indexes=(("status", "proposal_id"), ("species_id",)))
class TaxonProposal(Row, frozen=True, kw_only=True):
    """A change that somebody proposes; an editor decides."""

    proposal_id: str
    species_id: str
    kind: Kind
    part: str
    value: str
    source: str
    reason: str = ""
    """Why the change is right, in the proposer's words."""
    status: Literal["open", "accepted", "declined"] = "open"
    proposed_by: str | None = None
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    answer: str = ""
    """What the editor said."""


def all_edits() -> Query[TaxonEdit]:
    """Ask for everything that lies over the shipped files, in the order in which it was made."""
    return select(TaxonEdit, order=("species_id", "number"))


def edits_of(species_id: str) -> Query[TaxonEdit]:
    """Ask for what lies over a shipped species."""
    return select(TaxonEdit, TaxonEdit.c.species_id == species_id, order=("number",))


def latest_revision() -> Query[TaxonRevision]:
    """Ask for the last change of the catalogue."""
    return select(TaxonRevision, order=("-at",), limit=1)


def revisions_of(species_id: str) -> Query[TaxonRevision]:
    """Ask for the changes that editors made to a species, latest first."""
    return select(TaxonRevision, TaxonRevision.c.species_id == species_id, order=("-number",))


def last_number(species_id: str) -> Query[TaxonRevision]:
    """Ask for the last change of a species."""
    return select(TaxonRevision, TaxonRevision.c.species_id == species_id, order=("-number",), limit=1)


def proposals(status: str | None, species_id: str | None) -> Query[TaxonProposal]:
    """Ask for proposals, oldest first."""
    where = [TaxonProposal.c.status == status] if status else []
    where += [TaxonProposal.c.species_id == species_id] if species_id else []
    return select(TaxonProposal, *where)


def as_edit(row: TaxonEdit) -> Edit:
    """Return a row as the rules of the catalogue want it."""
    return Edit(species_id=row.species_id, kind=row.kind, key=row.part, value=row.value)


async def refresh(source: Finder) -> None:
    """Bring the catalogue in memory up to the edits in the database; one small read where there are none to bring."""
    found = await source.find(latest_revision())
    mark = found[0].revision_id if found else ""
    if mark != shelf.stand().mark:
        shelf.lay_over([as_edit(row) for row in await source.find(all_edits())], mark)
