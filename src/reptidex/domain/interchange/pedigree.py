"""An individual of a pedigree, as every pedigree format can say it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.interchange.cells import Line, read_table
from reptidex.domain.interchange.reading import Numbered, Problem, Reading
from reptidex.domain.interchange.words import Sex, date_of, date_text, parent_of, sex_of

Label = Annotated[str, Meta(max_length=100)]


class Individual(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One animal of a pedigree; its parents are named by their ids."""

    id: Annotated[str, Meta(min_length=1, max_length=100)]
    sire: Label | None = None
    dam: Label | None = None
    sex: Sex = "unknown"
    name: Annotated[str, Meta(max_length=255)] = ""
    born: Annotated[str, Meta(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")] | None = None
    """ISO 8601, as far as it is known: a year, a month or a day."""
    died: Annotated[str, Meta(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")] | None = None
    species: Annotated[str, Meta(max_length=255)] = ""


Pedigree = Reading[Individual]


def read_lines(text: str, aliases: Mapping[str, tuple[str, ...]]) -> Pedigree:
    """Read a table of individuals by the headings that a format knows. Raises `UnreadableError`."""
    table = read_table(text, aliases, ("id", "sire", "dam"))
    problems, entries = list(table.problems), list[Numbered[Individual]]()
    for line in table.lines:
        found = list[Problem]()
        one = individual(line, found.append)
        problems += found
        if one is not None:
            entries.append(Numbered(line=line.number, entry=one))
    return Reading(entries=entries, problems=problems, ignored=table.ignored)


def individual(line: Line, say: Callable[[Problem], None]) -> Individual | None:
    """Make an individual of a line of words; None where it has an error. What is wrong or doubtful is said."""
    cells, broken = line.cells, False

    def wrong(field: str, rule: str, text: str) -> None:
        nonlocal broken
        broken = True
        say(Problem(line=line.number, field=field, rule=rule, text=text))

    def note(field: str, rule: str, text: str) -> None:
        say(Problem(line=line.number, field=field, rule=rule, severity="note", text=text))

    own, _ = parent_of(cells.get("id", ""))
    if own is None:
        wrong("id", "id", "the animal has no id of its own")
    parents: dict[str, str | None] = {}
    for role in ("sire", "dam"):
        parents[role], why = parent_of(cells.get(role, ""))
        if why in ("wild", "several"):
            note(role, f"parent_{why}", f"the {role} reads {cells[role].strip()!r}; it is taken as not known")
    word = cells.get("sex", "")
    sex = sex_of(word)
    if sex is None:
        wrong("sex", "sex", f"{word.strip()!r} is no sex; write male, female or unknown")
    days: dict[str, str | None] = {"born": None, "died": None}
    for field in days:
        word = cells.get(field, "").strip()
        if word and parent_of(word)[0] is not None:
            try:
                days[field] = date_text(*date_of(word)) or None
            except ValueError as problem:
                wrong(field, "date", str(problem))
    for field, longest in (("id", 100), ("sire", 100), ("dam", 100), ("name", 255), ("species", 255)):
        if len(cells.get(field, "").strip()) > longest:
            wrong(field, "length", f"longer than {longest} characters")
    if broken or own is None or sex is None:
        return None
    name, species = cells.get("name", "").strip(), cells.get("species", "").strip()
    return Individual(id=own, sex=sex, name=name, species=species, **parents, **days)


def cells_of(one: Individual, columns: Iterable[str], sexes: Mapping[str, str], nobody: str) -> list[str]:
    """Write an individual as the cells of a table."""
    values = {
        **{name: getattr(one, name) or "" for name in ("id", "name", "born", "died", "species")},
        "sire": one.sire or nobody,
        "dam": one.dam or nobody,
        "sex": sexes[one.sex],
    }
    return [values[name] for name in columns]
