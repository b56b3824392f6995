"""From the names in a file to animals: who is meant, who is new, and in which order they can be written."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from reptidex.domain.interchange.animals import AnimalEntry
from reptidex.domain.interchange.reading import Numbered, Problem
from reptidex.domain.kinship import Pedigree

_STEPS = 2_000
"""Animals looked at to write out a circle."""
_WRITTEN_OUT = 100
"""Rows whose circle is written out; the rest are named."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Which animals there are: those of the collection by reference and by code, and any that may be named by its id."""

    by_reference: Mapping[str, str] = {}
    by_code: Mapping[str, str] = {}
    own: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    """Ids of other vivariums' animals whose names may be seen."""
    pedigree: Pedigree = {}
    """Who descends from whom among those that are there."""
    linked: Mapping[str, str] = {}
    """Placeholders that turned out to be registered, with the animals that they are."""

    def parent(self, name: str) -> str | None:
        """Return the animal that is named as a parent."""
        found = self.by_reference.get(name) or self.by_code.get(name.upper())
        found = found or (name if name in self.own or name in self.others else None)
        return self.linked.get(found, found) if found else None

    def same(self, entry: AnimalEntry, *, by_code: bool) -> str | None:
        """Return the animal that an entry tells of again; of a linked placeholder that is the real one, where it is kept here."""
        found = self._same(entry, by_code=by_code)
        real = self.linked.get(found or "")
        return real if real in self.own else found

    def _same(self, entry: AnimalEntry, *, by_code: bool) -> str | None:
        if entry.external_ref:
            if found := self.by_reference.get(entry.external_ref):
                return found
            if entry.external_ref in self.own:
                return entry.external_ref
            if by_code and (found := self.by_code.get(entry.external_ref.upper())):
                return found
        return self.by_code.get(entry.code.upper()) if by_code and entry.code else None


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How names are understood."""

    by_code: bool = False
    """Whether an entry whose code is taken tells of that animal; else it is an error."""
    placeholders: bool = False
    """Whether a parent that is nowhere becomes a placeholder; else it is an error."""


class Resolved(msgspec.Struct, kw_only=True):
    """An entry with the animals that its names mean."""

    line: int
    entry: AnimalEntry
    animal_id: str
    known: bool = False
    """Whether the animal is there already."""
    made: bool = False
    """Whether the file has no entry for it: it is only named as a parent."""
    sire_id: str | None = None
    dam_id: str | None = None
    problems: list[Problem] = []

    def wrong(self, field: str, rule: str, text: str) -> None:
        """Say an error."""
        self.problems.append(Problem(line=self.line, field=field, rule=rule, text=text))

    @property
    def refused(self) -> bool:
        """Whether it has an error."""
        return any(problem.severity == "error" for problem in self.problems)


def resolve(
    entries: Sequence[Numbered[AnimalEntry]], known: Known, options: Options, new_id: Callable[[], str]
) -> list[Resolved]:
    """Say for each entry which animal it is and who its parents are, parents before their young."""
    rows = [Resolved(line=each.line, entry=each.entry, animal_id="", problems=[]) for each in entries]
    names = _identify(rows, known, options, new_id)
    rows += _parents(rows, names, known, options, new_id)
    _check_roles(rows)
    _infer_sexes(rows)
    return _ordered(rows, known.pedigree)


def _identify(rows: list[Resolved], known: Known, options: Options, new_id: Callable[[], str]) -> dict[str, Resolved]:
    """Give each row its animal; return the rows by what they are called in the file."""
    names, taken = dict[str, Resolved](), dict[str, Resolved]()
    for row in rows:
        entry, code = row.entry, row.entry.code.upper()
        for field, name in (("external_ref", entry.external_ref), ("code", code)):
            other = names.get(f"{field} {name}") if name else None
            if other is not None:
                row.wrong(field, "twice", f"{name} stands on line {other.line} already")
        found = known.same(entry, by_code=options.by_code)
        if found is not None and found in taken:
            row.wrong("", "twice", f"line {taken[found].line} tells of the same animal")
        elif found is None and code in known.by_code:
            text = f"another animal has the code {code}; give its external_ref, or let codes be matched"
            row.wrong("code", "code_taken", text)
        row.animal_id, row.known = found or new_id(), found is not None
        taken[row.animal_id] = row
        for field, name in (("external_ref", entry.external_ref), ("code", code)):
            if name:
                names.setdefault(f"{field} {name}", row)
    return names


def _parents(
    rows: list[Resolved], names: Mapping[str, Resolved], known: Known, options: Options, new_id: Callable[[], str]
) -> list[Resolved]:
    """Give each row its parents; return the placeholders that had to be made up."""
    made: dict[str, Resolved] = {}
    for row in rows:
        for role in ("sire", "dam"):
            name = getattr(row.entry, role)
            if not name:
                continue
            there = names.get(f"external_ref {name}") or names.get(f"code {name.upper()}") or made.get(name)
            found = known.linked.get(there.animal_id, there.animal_id) if there else known.parent(name)
            if found is None and options.placeholders:
                entry = AnimalEntry(
                    external_ref=name,
                    species=row.entry.species,
                    placeholder=True,
                    sex="male" if role == "sire" else "female",
                )
                made[name] = Resolved(line=row.line, entry=entry, animal_id=new_id(), made=True, problems=[])
                found = made[name].animal_id
            if found is None:
                row.wrong(role, "missing", f"{name} is neither in the file nor in the collection")
            elif found == row.animal_id:
                row.wrong(role, "self_parent", f"an animal cannot be its own {role}")
            elif role == "sire":
                row.sire_id = found
            else:
                row.dam_id = found
    return list(made.values())


def _check_roles(rows: Sequence[Resolved]) -> None:
    """An animal is sire or dam, in the whole file, and what is recorded of its sex goes before."""
    sexes = {row.animal_id: row.entry.sex for row in rows}
    as_sire = {row.sire_id: row.line for row in reversed(rows) if row.sire_id}
    as_dam = {row.dam_id: row.line for row in reversed(rows) if row.dam_id}
    for row in rows:
        if row.dam_id in as_sire and sexes.get(row.dam_id, "unknown") == "unknown":
            row.wrong("dam", "role", f"{row.entry.dam} is the sire on line {as_sire[row.dam_id]}")
        elif row.sire_id in as_dam and sexes.get(row.sire_id, "unknown") == "unknown":
            row.wrong("sire", "role", f"{row.entry.sire} is the dam on line {as_dam[row.sire_id]}")


def _infer_sexes(rows: Sequence[Resolved]) -> None:
    """A placeholder of unknown sex that stands as sire or dam is male or female; that is noted on its own line."""
    roles: dict[str, tuple[Literal["male", "female"], str, int]] = {}
    for row in rows:
        if row.sire_id:
            roles.setdefault(row.sire_id, ("male", "sire", row.line))
        if row.dam_id:
            roles.setdefault(row.dam_id, ("female", "dam", row.line))
    for row in rows:
        if row.entry.placeholder and row.entry.sex == "unknown" and not row.known and row.animal_id in roles:
            sex, role, line = roles[row.animal_id]
            row.entry = msgspec.structs.replace(row.entry, sex=sex)
            text = f"taken as {sex}: it is the {role} on line {line}"
            row.problems.append(Problem(line=row.line, field="sex", rule="sex_inferred", severity="note", text=text))


def _ordered(rows: list[Resolved], pedigree: Pedigree) -> list[Resolved]:
    """Order rows so that parents stand before their young; name those that are in a circle, or descend from one."""
    by_id = {row.animal_id: row for row in rows}
    above: dict[str, set[str]] = {}
    todo = list(by_id)
    while todo:
        one = todo.pop()
        if one in above:
            continue
        row = by_id.get(one)
        written = (row.sire_id, row.dam_id) if row else (None, None)
        stood = pedigree.get(one, (None, None))
        above[one] = {parent for parent in (*written, *stood) if parent}
        todo.extend(above[one])
    below, waiting = defaultdict[str, list[str]](list), {one: len(parents) for one, parents in above.items()}
    for one, parents in above.items():
        for parent in parents:
            below[parent].append(one)
    ready = [one for one, count in waiting.items() if not count]
    order = list[str]()
    for one in ready:
        order.append(one)
        for child in below[one]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    stuck = [row for row in rows if waiting[row.animal_id]]
    for number, row in enumerate(stuck):
        path = _circle(row.animal_id, above, waiting) if number < _WRITTEN_OUT else []
        lines = " -> ".join(str(by_id[one].line) if one in by_id else "the collection" for one in path)
        text = (
            f"the animal would be its own ancestor, by lines {lines}"
            if path
            else "it is in a circle, or descends from one"
        )
        row.wrong("sire" if row.sire_id else "dam", "cycle", text)
        row.sire_id = row.dam_id = None
    return [by_id[one] for one in order if one in by_id] + stuck


def _circle(start: str, above: Mapping[str, set[str]], waiting: Mapping[str, int]) -> list[str]:
    """Return a way from an animal up to itself, through those that are in circles; empty where none is found."""
    came: dict[str, str] = {}
    todo = deque([start])
    for _ in range(_STEPS):
        if not todo:
            break
        one = todo.popleft()
        for parent in (each for each in above[one] if waiting.get(each)):
            if parent == start:
                path = [start, one]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return path[::-1]
            if parent not in came:
                came[parent] = one
                todo.append(parent)
    return []
