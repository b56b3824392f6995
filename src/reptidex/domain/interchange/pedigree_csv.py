"""The simplest pedigree: a table id, sire, dam, sex. What most programs for livestock and most R packages read and write."""

from collections.abc import Iterable

from reptidex.domain.interchange.cells import write_table
from reptidex.domain.interchange.pedigree import Individual, Pedigree, cells_of, read_lines
from reptidex.domain.interchange.reading import text_of

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("animal", "animal_id", "ind", "individual", "iid", "anim", "code", "ego"),
    "sire": ("father", "sire_id", "sireid", "pat", "father_id", "dad", "male_parent"),
    "dam": ("mother", "dam_id", "damid", "mat", "mother_id", "mom", "mum", "female_parent"),
    "sex": ("gender",),
    "name": ("call_name", "house_name"),
    "born": ("birth", "birth_date", "birthdate", "date_of_birth", "dob", "hatched", "hatch_date", "birth_year"),
    "died": ("death", "death_date", "date_of_death", "dod"),
    "species": ("taxon",),
}
"""What a column may be headed with, in any case, with spaces, dashes or underscores."""

COLUMNS = ("id", "sire", "dam", "sex", "name", "born", "died", "species")
_SEXES = {"male": "M", "female": "F", "unknown": "U"}


def read_pedigree_csv(raw: bytes) -> Pedigree:
    """Read a pedigree. 0, NA and blank are unknown parents. Raises `UnreadableError`."""
    return read_lines(text_of(raw), ALIASES)


def write_pedigree_csv(individuals: Iterable[Individual]) -> str:
    """Write a pedigree, with 0 for a parent that is not known."""
    return write_table(COLUMNS, (cells_of(one, COLUMNS, _SEXES, "0") for one in individuals))
