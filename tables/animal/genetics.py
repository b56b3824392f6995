"""What repti-animal remembers of genes beside what an animal's record says: tests, and what was reckoned."""

from datetime import date, datetime
from typing import Literal

import msgspec

from reptidex.streams.values import Gene
from reptidex.tables.row import Row, stored


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """What a laboratory found at one locus, and whether the platform goes by it."""

    locus: str
    alleles: tuple[str, ...]
    status: Literal["tested", "disputed"] = "tested"
    conflicts: tuple[str, ...] = ()
    """What it contradicts, in words."""


@stored("genetic_tests", key="test_id", indexes=(("animal_id", "tested_on"),))
class GeneticTest(Row, frozen=True, kw_only=True):
    """A laboratory's result about an animal. The row stays when it is withdrawn."""

    test_id: str
    animal_id: str
    vivarium_id: str
    """Who recorded it; the animal may have another owner since."""
    laboratory: str
    method: str = ""
    reference: str = ""
    """The laboratory's own number of the report."""
    tested_on: date
    results: tuple[Tested, ...]
    document_file_id: str | None = None
    notes: str = ""
    recorded_by: str | None = None
    recorded_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_because: str = ""


@stored("reckoned_genes", key="reckoned_id", indexes=(("animal_id",),))
class ReckonedGene(Row, frozen=True, kw_only=True):
    """What was reckoned of one locus of an animal from its family, and what its record had said of it before.

    The reckoning always begins anew from what was said, so that no clutch counts twice.
    """

    reckoned_id: str
    """`<animal>:<locus>`"""
    animal_id: str
    locus: str
    stated: Gene | None = None
    """What its keeper had recorded; None: nothing."""
    gene: Gene
    """What the animal's record shows since; a record that shows something else was changed by a person."""

    @staticmethod
    def id_of(animal_id: str, locus: str) -> str:
        """Return the key of what was reckoned of an animal at a locus."""
        return f"{animal_id}:{locus}"
