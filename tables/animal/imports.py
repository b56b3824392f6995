"""What repti-animal remembers of imports: how far they are, and what became of each row."""

from datetime import datetime
from typing import Literal

from reptidex.streams.commands.animal_import import ImportRow, RowOutcome
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored


@stored("imports", key="import_id", indexes=(("vivarium_id", "import_id"),))
class Import(Row, frozen=True, kw_only=True):
    """An import and how far it is."""

    import_id: str
    vivarium_id: str
    kind: Literal["animals", "pedigree", "care", "collection"]
    format: str
    species_id: str | None = None
    state: Literal["staging", "running", "reckoning", "done", "failed"] = "staging"
    """`reckoning`: all rows are written; what they tell of genes is worked out part by part. `failed`: `problem` says why."""
    total: int
    parts: int
    staged: int = 0
    done: int = 0
    """Rows that have been decided."""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    placeholders: int = 0
    """Those of the created that are placeholders."""
    reckoned: int = 0
    """Rows whose families have been reckoned."""
    problem: str = ""
    begun_by: str | None = None
    begun_at: datetime
    finished_at: datetime | None = None


@stored("import_parts", key="part_id", indexes=(("import_id", "part"),))
class ImportPart(Row, frozen=True, kw_only=True):
    """A part of an import: its rows until they are written, then what became of them."""

    part_id: str
    """`<import>:<part>`"""
    import_id: str
    vivarium_id: str
    part: int
    rows: tuple[ImportRow, ...] = ()
    outcomes: tuple[RowOutcome, ...] = ()
    refused: int = 0
    """How many of the outcomes are refusals."""

    @staticmethod
    def id_of(import_id: str, part: int) -> str:
        """Return the key of a part."""
        return f"{import_id}:{part:05d}"


def imports_of(vivarium_id: str) -> Query[Import]:
    """Ask for a vivarium's imports, latest first."""
    return select(Import, Import.c.vivarium_id == vivarium_id, order=("-import_id",))


def parts_of(import_id: str, *, refused: bool = False) -> Query[ImportPart]:
    """Ask for the parts of an import that have been written, in the order of the file's writing."""
    where = [ImportPart.c.import_id == import_id]
    if refused:
        where.append(ImportPart.c.refused > 0)
    return select(ImportPart, *where, order=("part",))
