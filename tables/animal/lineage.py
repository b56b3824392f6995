"""What repti-animal remembers of who descends from whom, of who said so, and of who is asked to agree."""

from datetime import datetime
from typing import Literal

from reptidex.streams.animal import Finding
from reptidex.streams.values import Evidence, LineageStatus
from reptidex.tables.row import Row, stored

ParentRole = Literal["sire", "dam"]
Act = Literal[
    "claimed",
    "suggested",
    "confirmed",
    "declined",
    "disputed",
    "withdrawn",
    "supported",
    "excluded",
    "removed",
    "linked",
    "contradicted",
    "cleared",
]
"""What somebody did to the claim of a parent. Tests of genes `contradicted` a parent, or no longer do: then it is `cleared`."""


@stored("descents", key="animal_id", indexes=(("sire_id",), ("dam_id",)))
class Descent(Row, frozen=True, kw_only=True):
    """An animal's place in the pedigree of all, with the figures that follow from it.

    It is written together with the animal's row, so that ancestors are walked over narrow rows, and a registration costs one
    step an ancestor: F of each is known.
    """

    animal_id: str
    sire_id: str | None = None
    dam_id: str | None = None
    sire_standing: LineageStatus | None = None
    """None where no sire is named; `rejected` also where a test excluded the one named before."""
    dam_standing: LineageStatus | None = None
    sire_disputed_by: str | None = None
    """The vivarium that disputes the sire."""
    dam_disputed_by: str | None = None
    hybrid: bool = False
    """Whether its parents may be of different species."""
    given_inbreeding: float | None = None
    """F of a founder, where its keeper knows it from elsewhere."""
    inbreeding: float | None = None
    """Wright's F over all that is known; None until it has been worked out for an animal of an older database."""
    generation: int = 0
    """The generations of the longest known line of ancestors."""
    equivalents: float = 0.0
    """Complete generation equivalents."""
    findings: tuple[Finding, ...] = ()
    linked_to: str | None = None
    """The animal as which a placeholder turned out to be registered."""

    @property
    def parents(self) -> tuple[str | None, str | None]:
        """Sire and dam."""
        return self.sire_id, self.dam_id


@stored("lineage_entries", key="entry_id", indexes=(("animal_id", "at"), ("actor",)))
class LineageEntry(Row, frozen=True, kw_only=True):
    """One line in the history of an animal's lineage: who said what, when, on what evidence. Never changed."""

    entry_id: str
    animal_id: str
    role: ParentRole
    parent_id: str | None
    act: Act
    standing: LineageStatus | None
    """How the claim stands after it."""
    vivarium_id: str
    """For whom it was done."""
    actor: str | None
    at: datetime
    evidence: Evidence | None = None
    reference: str = ""
    """Where the evidence can be found: a laboratory's report number, a clutch."""
    note: str = ""


@stored(
    "suggestions",
    key="suggestion_id",
    indexes=(("subject_id", "state"), ("from_vivarium_id",), ("animal_id",), ("actor",)),
)
class Suggestion(Row, frozen=True, kw_only=True):
    """A question to the keeper of an animal: is this its parent (its young)?"""

    suggestion_id: str
    animal_id: str
    role: ParentRole
    parent_id: str
    asks: Literal["keeper", "parent_keeper"]
    """Whose word is wanted: that of the young's keeper on a parent suggested, or that of the parent's on one claimed."""
    subject_id: str
    """The animal whose keeper is asked: its keeper changes when it is sold, and the question goes along."""
    from_vivarium_id: str
    actor: str | None
    at: datetime
    evidence: Evidence = "claim"
    reference: str = ""
    note: str = ""
    state: Literal["open", "confirmed", "declined", "withdrawn", "overtaken"] = "open"
    decided_at: datetime | None = None
    decided_by: str | None = None
    """The vivarium that answered."""
    answer: str = ""


@stored("lineage_rules", key="vivarium_id")
class LineageRules(Row, frozen=True, kw_only=True):
    """What a vivarium holds its lineages to."""

    vivarium_id: str
    inbreeding_limit: float
    changed_at: datetime
