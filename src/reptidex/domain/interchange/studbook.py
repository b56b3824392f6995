"""Studbook tables in the way of PMx, PopLink and SPARKS, and of the R package nprcgenekeepr.

Understood are the columns that say who descends from whom; the rest (location, institution, events, group, MULT shares) is passed
over and named; so is the day of exit, which may be that of a sale. The headings are those of tables exported from these programs
as far as they are publicly described (nprcgenekeepr, `getPossibleCols`: id, sire, dam, sex, birth, exit, status …); no copy of
PMx or PopLink was at hand.
"""

from collections.abc import Iterable

from reptidex.domain.interchange.cells import write_table
from reptidex.domain.interchange.pedigree import Individual, Pedigree, cells_of, read_lines
from reptidex.domain.interchange.reading import text_of

ALIASES: dict[str, tuple[str, ...]] = {
    "id": (
        "studbook_id",
        "studbook",
        "sb",
        "sb#",
        "sb_id",
        "stud_id",
        "unique_id",
        "uniqueid",
        "std_bk",
        "studbook_number",
    ),
    "sire": ("sire_id", "father", "sire_sb", "sire#"),
    "dam": ("dam_id", "mother", "dam_sb", "dam#"),
    "sex": ("gender",),
    "name": ("house_name", "local_name", "local_id"),
    "born": ("birth", "birth_date", "birthdate", "b_date", "hatch_date", "date_of_birth"),
    "died": ("death", "death_date", "d_date"),
    "species": ("taxon", "scientific_name"),
}
COLUMNS = ("id", "sire", "dam", "sex", "born", "died", "name", "species")
HEADINGS = ("UniqueID", "Sire", "Dam", "Sex", "BirthDate", "DeathDate", "Name", "Taxon")
_SEXES = {"male": "M", "female": "F", "unknown": "U"}


def read_studbook(raw: bytes) -> Pedigree:
    """Read a studbook table: UNK, WILD and MULT are unknown parents, the last two with a note. Raises `UnreadableError`."""
    return read_lines(text_of(raw), ALIASES)


def write_studbook(individuals: Iterable[Individual]) -> str:
    """Write a studbook table, with UNK for a parent that is not known."""
    rows = (cells_of(one, COLUMNS, _SEXES, "UNK") for one in individuals)
    return write_table(HEADINGS, rows)
