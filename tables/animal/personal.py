"""What repti-animal holds of a person: animals belong to vivariums, and name no people."""

from reptidex.tables.animal.breeding import BreedingNote, CalendarFeed, Clutch, Pairing, Season
from reptidex.tables.animal.genetics import GeneticTest, ReckonedGene
from reptidex.tables.animal.health import HealthRecord
from reptidex.tables.animal.imports import Import, ImportPart
from reptidex.tables.animal.journal import Change
from reptidex.tables.animal.keeping import AnimalMark, AnimalProvenance, Counter, Enclosure, Stay, Transfer
from reptidex.tables.animal.lineage import Descent, LineageEntry, LineageRules, Suggestion
from reptidex.tables.animal.models import Access, Animal, Collection, Hold, Ownership, Taxon
from reptidex.tables.animal.taxonomy import TaxonEdit, TaxonProposal, TaxonRevision
from reptidex.tables.personal import NOBODYS, OF_VIVARIUM, Held, Personal

_VIVARIUMS = (
    Animal, AnimalMark, AnimalProvenance, BreedingNote, CalendarFeed, Change, Clutch, Counter, Descent, Enclosure,
    GeneticTest, HealthRecord, Hold, Import, ImportPart, LineageRules, Ownership, Pairing, ReckonedGene, Season, Stay, Transfer,
)  # fmt: skip
_OF_THE_CATALOGUE = "the public catalogue's; who edited it stands there as an id alone"

PERSONAL = Personal(
    held=(
        Held(row=Access, by=("user_id",), stays="that the access ended, so that older news does not open it again"),
        Held(row=Collection, by=("owner_id",)),
        Held(row=LineageEntry, by=("actor",)),
        Held(row=Suggestion, by=("actor",), beside=("decided_by", "subject_id")),
        Held(
            row=TaxonProposal,
            by=("proposed_by",),
            beside=("decided_by",),
            stays="what was proposed for the public catalogue, under an id without a name",
        ),
    ),
    left_out={
        **dict.fromkeys(_VIVARIUMS, OF_VIVARIUM),
        TaxonEdit: NOBODYS,
        TaxonRevision: _OF_THE_CATALOGUE,
        Taxon: NOBODYS,
    },
    elsewhere={"/collection/export": "a vivarium's animals with all that is noted of them"},
)
