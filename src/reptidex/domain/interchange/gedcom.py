"""GEDCOM 5.5.1, as far as a pedigree of animals needs it: INDI with its FAM, names, sex, birth and death.

Human genealogy's format; programs for charts read it. A parent stands in a family as HUSB or WIFE, young as CHIL; what a family
says is used wherever an individual names it (FAMC), and the other way round. Breeder's ids travel as REFN, species as `_TAXON`
(a tag of ours, with the underscore that section "user-defined tags" asks for). Other tags are passed over and named.
Between slashes a name has its surname there, so that slashes do not come back.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from reptidex.domain.interchange.cells import Line
from reptidex.domain.interchange.pedigree import Individual, Pedigree, individual
from reptidex.domain.interchange.reading import Numbered, Problem, Reading, UnreadableError, check_count, text_of
from reptidex.domain.interchange.words import MONTHS

_LINE = re.compile(r"\s*(\d{1,2}) (?:(@[^@]+@) )?([A-Za-z0-9_]+)(?: (.*))?")
_SURNAME = re.compile(r"/([^/]*)/")
_EVENTS = {"BIRT": "born", "DEAT": "died"}
_ABOUT = re.compile(r"^(ABT|CAL|EST)\s+(?:.*\s)?(\d{4})$", re.IGNORECASE)
"""A day that was reckoned or guessed: its year is taken."""
_INTERPRETED = re.compile(r"^INT\s+(.*?)\s*\(.*\)$", re.IGNORECASE)
_OPEN = re.compile(r"^(BEF|AFT|BET|FROM|TO)\b", re.IGNORECASE)
"""A time with an open or a far end, which says no day, month or year."""
_READ = {"INDI", "FAM", "HEAD", "TRLR", "NAME", "SEX", "BIRT", "DEAT", "DATE", "FAMC", "FAMS", "HUSB", "WIFE", "CHIL"}
_READ |= {"REFN", "_TAXON", "CONC", "CONT", "SUBM", "CHAR", "GEDC", "VERS", "FORM", "SOUR"}
_SEXES = {"male": "M", "female": "F", "unknown": "U"}


class _Record(msgspec.Struct):
    """One record of level 0, as far as it was read."""

    line: int
    kind: str
    values: dict[str, str] = {}
    children: list[str] = []


def read_gedcom(raw: bytes) -> Pedigree:
    """Read a pedigree. Raises `UnreadableError` where the lines are not GEDCOM's."""
    records, ignored, problems = _records(text_of(raw))
    people = {key: one for key, one in records.items() if one.kind == "INDI"}
    if not people:
        raise UnreadableError("the file has no individual (INDI)")
    check_count(len(people))
    parents = _parents(records, people, problems)
    ids = _ids(people, problems)
    entries = list[Numbered[Individual]]()
    for key, one in people.items():
        cells = one.values | {"id": ids[key]} | {role: ids[who] for role, who in parents.get(key, {}).items()}
        made = individual(Line(one.line, cells), problems.append)
        if made is not None:
            entries.append(Numbered(line=one.line, entry=made))
    return Reading(entries=entries, problems=problems, ignored=tuple(sorted(ignored)))


def _records(text: str) -> tuple[dict[str, _Record], set[str], list[Problem]]:
    records, ignored, problems = dict[str, _Record](), set[str](), list[Problem]()
    now, inside, last = None, "", ""
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        found = _LINE.fullmatch(raw.rstrip("\r\n"))
        if found is None:
            raise UnreadableError(f"{raw.strip()[:60]!r} is no line of GEDCOM: a level, a tag, a value", number)
        level, key, tag, value = int(found[1]), found[2], found[3].upper(), (found[4] or "")
        if tag not in _READ:
            ignored.add(tag)
        if tag == "DATE" and (open_ := _OPEN.match(value.strip())):
            ignored.add(f"DATE {open_[1].upper()}")
        if level == 0:
            now, inside, last = _Record(number, tag), "", ""
            if key is not None:
                if key in records:
                    problems.append(Problem(line=number, field="id", rule="twice", text=f"{key} is defined twice"))
                records.setdefault(key, now)
        elif now is not None:
            inside = tag if level == 1 else inside
            last = _take(now, level, tag, inside, value, last)
    return records, ignored, problems


def _take(record: _Record, level: int, tag: str, inside: str, value: str, last: str) -> str:
    """Take one line into its record; return the field that a continuation would go on with."""
    field = ""
    if level == 1 and tag in ("SEX", "FAMC", "HUSB", "WIFE", "REFN", "_TAXON", "NAME"):
        names = {"SEX": "sex", "REFN": "refn", "_TAXON": "species", "NAME": "name"}
        field = names.get(tag, tag)
        text = _SURNAME.sub(r"\1", value).strip() if tag == "NAME" else value
        record.values.setdefault(field, text if field in ("FAMC", "HUSB", "WIFE") else text.replace("@@", "@"))
    elif level == 1 and tag == "CHIL":
        record.children.append(value.strip())
    elif level == 2 and tag == "DATE" and inside in _EVENTS:
        record.values.setdefault(_EVENTS[inside], _day(value.strip()))
    elif tag in ("CONC", "CONT") and last:
        record.values[last] += value if tag == "CONC" else f" {value}"
        return last
    return field


def _day(value: str) -> str:
    """Return the part of a date that is certain enough to judge parents by; empty for a time that is open at an end."""
    if _OPEN.match(value):
        return ""
    value = _INTERPRETED.sub(r"\1", value)
    return _ABOUT.sub(r"\2", value)


def _parents(
    records: dict[str, _Record], people: dict[str, _Record], problems: list[Problem]
) -> dict[str, dict[str, str]]:
    """Return sire and dam of each individual, from what it says of its family and from what its family says of it."""
    found: dict[str, dict[str, str]] = {}
    families = {key: one for key, one in records.items() if one.kind == "FAM"}
    pairs = [(child, one) for one in families.values() for child in one.children]
    for key, one in people.items():
        family = one.values.get("FAMC", "").strip()
        if family and family in families:
            pairs.append((key, families[family]))
        elif family:
            text = f"the family {family} is not in the file"
            problems.append(Problem(line=one.line, field="sire", rule="missing", severity="warning", text=text))
    for child, family_record in pairs:
        for tag, role in (("HUSB", "sire"), ("WIFE", "dam")):
            who = family_record.values.get(tag, "").strip()
            if not who or child not in people:
                continue
            if who not in people:
                text = f"{who} ({tag}) is not in the file"
                problems.append(Problem(line=family_record.line, field=role, rule="missing", text=text))
            elif found.setdefault(child, {}).setdefault(role, who) != who:
                text = f"two families give {child} another {role}"
                problems.append(Problem(line=family_record.line, field=role, rule="parents", text=text))
    return found


def _ids(people: dict[str, _Record], problems: list[Problem]) -> dict[str, str]:
    """Return the id of each individual: its REFN where that is its own, else its cross-reference without the at-signs."""
    ids, taken = dict[str, str](), set[str]()
    for key, one in people.items():
        wanted = one.values.get("refn", "").strip()
        if wanted in taken:
            text = f"another individual has the reference {wanted} too; {key} is used instead"
            problems.append(Problem(line=one.line, field="id", rule="twice", severity="warning", text=text))
            wanted = ""
        ids[key] = wanted or key.strip("@")
        taken.add(ids[key])
    return ids


def write_gedcom(individuals: Iterable[Individual]) -> str:
    """Write a pedigree: an individual that is named only as a parent gets a record of its own."""
    every = list(individuals)
    known = {one.id for one in every}
    for one in list(every):
        for role, sex in (("sire", "male"), ("dam", "female")):
            name = getattr(one, role)
            if name and name not in known:
                known.add(name)
                every.append(msgspec.convert({"id": name, "sex": sex}, Individual))
    keys = {one.id: f"@I{number}@" for number, one in enumerate(every, 1)}
    families: dict[tuple[str | None, str | None], list[str]] = {}
    for one in every:
        if one.sire or one.dam:
            families.setdefault((one.sire, one.dam), []).append(one.id)
    numbers = {pair: f"@F{number}@" for number, pair in enumerate(families, 1)}
    return "\r\n".join([*_head(), *_people(every, keys, numbers), *_families(families, keys, numbers), "0 TRLR", ""])


def _head() -> list[str]:
    return ["0 HEAD", "1 SOUR REPTIDEX", "1 GEDC", "2 VERS 5.5.1", "2 FORM LINEAGE-LINKED", "1 CHAR UTF-8"]


def _people(
    every: list[Individual], keys: dict[str, str], numbers: dict[tuple[str | None, str | None], str]
) -> Iterator[str]:
    for one in every:
        yield f"0 {keys[one.id]} INDI"
        if one.name:
            yield f"1 NAME {_text(one.name)}"
        yield f"1 SEX {_SEXES[one.sex]}"
        yield f"1 REFN {_text(one.id)}"
        if one.species:
            yield f"1 _TAXON {_text(one.species)}"
        for tag, day in (("BIRT", one.born), ("DEAT", one.died)):
            if day:
                yield from (f"1 {tag}", f"2 DATE {_date(day)}")
        if one.sire or one.dam:
            yield f"1 FAMC {numbers[one.sire, one.dam]}"


def _families(
    families: dict[tuple[str | None, str | None], list[str]],
    keys: dict[str, str],
    numbers: dict[tuple[str | None, str | None], str],
) -> Iterator[str]:
    for (sire, dam), young in families.items():
        yield f"0 {numbers[sire, dam]} FAM"
        if sire:
            yield f"1 HUSB {keys[sire]}"
        if dam:
            yield f"1 WIFE {keys[dam]}"
        yield from (f"1 CHIL {keys[child]}" for child in young)


def _text(value: str) -> str:
    """Write a text on one line; an at-sign is doubled, since one alone begins a reference."""
    return " ".join(value.replace("@", "@@").split())


def _date(day: str) -> str:
    parts = day.split("-")
    month = [MONTHS[int(parts[1]) - 1].upper()] if len(parts) > 1 else []
    number = [str(int(parts[2]))] if len(parts) > 2 else []
    return " ".join([*number, *month, parts[0]])
