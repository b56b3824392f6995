"""What an import does with a row: the same here for the dry run that explains it and for the unit that writes it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species, species
from reptidex.domain.codes import is_code
from reptidex.domain.interchange.animals import AnimalEntry
from reptidex.domain.interchange.reading import Problem
from reptidex.domain.interchange.words import Precision, date_of
from reptidex.domain.kinship import Parents
from reptidex.domain.lineage import CLOSE, Laid, Remark, excluded_before, judge
from reptidex.domain.lineage import Known as Lineage
from reptidex.domain.registry.marks import check_days, checked_mark
from reptidex.domain.registry.subspecies import checked_subspecies
from reptidex.domain.studbook.book import Studbook
from reptidex.domain.studbook.inbreeding import inbreeding
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import DomainError
from reptidex.streams.commands.animal_import import Action, ImportRow, RowOutcome
from reptidex.streams.commands.animal_keeping import Mark
from reptidex.tables.animal.genetics import ReckonedGene
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.relatives import genotype_of, relative
from reptidex.tables.animal.said import Histories, said_of
from reptidex.tables.animal.stated import Reckoned, brought, restated, said_genes

_PLAIN = ("name", "sex", "status", "visibility", "morphs", "phenotype", "notes", "placeholder")
_LEFT_OUT = (None, "", (), "unknown", "private", "active", False)
"""Values that say nothing: an entry that leaves a field out reads so."""
_JUDGED = ("sex", "born_on", "birth_precision", "genotype")
"""What the rules of lineage look at, beside who the parents are."""
_STILL = ("sex", "age", "dead", "genotype")
"""The rules by which parents that were right may no longer be, where the record of their young changes."""
_FILLED_ONLY = ("sire_id", "dam_id")
"""Of an animal that is there an import fills in parents, and never changes them."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was looked at: the animal as it would be, and as it was."""

    outcome: RowOutcome
    after: Animal | None = None
    before: Animal | None = None
    marks: tuple[Mark, ...] = ()
    reckoned: tuple[ReckonedGene, ...] = ()
    """What a new animal's file says was reckoned of its genes."""
    hybrid: bool = False
    """Whether its parents may be of different species."""
    given_inbreeding: float | None = None
    """F of a new founder, as its file says."""


class Intake:
    """Judges the rows of an import one after the other, parents first; each sees those before it as if they were written."""

    def __init__(
        self,
        vivarium_id: str,
        now: datetime,
        known: Iterable[Animal],
        species_id: str | None = None,
        taken: Mapping[str, frozenset[str]] | None = None,
        limit: float = CLOSE,
        young: Iterable[Animal] = (),
        reckoned: Reckoned | None = None,
        told: Histories | None = None,
        laid: Mapping[str, Laid] | None = None,
    ) -> None:
        """Begin with what is known.

        `young` are those of the animals that rows may change, whoever keeps them. `taken` has the codes and the references (by
        the name of the field) that new rows want and others have; from `limit` of F on parents are called close. `reckoned` is
        what was reckoned of the animals that rows may change, `told` the histories of their lineages, `laid` what
        is recorded of the clutches that they hatched from.
        """
        self.known = {one.animal_id: one for one in known}
        self._vivarium_id, self._now, self._species_id = vivarium_id, now, species_id
        self._laid = laid or {}
        self._expected: dict[str, float] = {}
        self._refused: dict[str, int] = {}
        self._fresh: dict[str, tuple[ReckonedGene, ...]] = {}
        self._taken, self._limit, self._reckoned, self._told = taken or {}, limit, reckoned or {}, told or {}
        self._names = names_of_species()
        self._young: dict[str, list[Animal]] = {}
        for one in young:
            for parent in {one.sire_id, one.dam_id} - {None}:
                self._young.setdefault(parent or "", []).append(one)

    def expect(self, rows: Iterable[ImportRow]) -> None:
        """Work out F of all rows that are new, in one pass over them and what is known."""
        new = {row.animal_id: (row.sire_id, row.dam_id) for row in rows if row.animal_id not in self.known}
        book = Studbook(self._pedigree() | new)
        self._expected = dict(zip(book.ids, inbreeding(book).tolist(), strict=True))

    def _pedigree(self) -> dict[str, Parents]:
        return {one.animal_id: (one.sire_id, one.dam_id) for one in self.known.values()}

    def judge(self, row: ImportRow) -> Judged:
        """Say what becomes of a row, with every reason; an animal that comes in is known to the rows after it."""
        before = self.known.get(row.animal_id)
        said = [each for each in row.problems if each.severity == "error"]
        problems = list(row.problems)
        after, marks = None, tuple[Mark, ...]()
        if not said:
            after = self._animal(row, before, problems)
            marks = self._marks(row, problems)
        if after is not None:
            problems += self._free(row, after, before)
            problems += self._parents(row, after, before)
            problems += self._offspring(row, after, before)
        if after is None or any(each.severity == "error" for each in problems):
            self._refused[row.animal_id] = row.line
            return Judged(outcome=self._outcome(row, "refuse", problems, before))
        changed = tuple(sorted(name for name in _fields() if before and getattr(before, name) != getattr(after, name)))
        action: Action = "create" if before is None else "update" if changed else "unchanged"
        self.known[after.animal_id] = after
        outcome = self._outcome(row, action, problems, after, changed)
        fresh = tuple(self._fresh.pop(after.animal_id, ()))
        founder = before is None and not (after.sire_id or after.dam_id)
        return Judged(
            outcome=outcome,
            after=after,
            before=before,
            marks=marks,
            reckoned=fresh,
            hybrid=row.entry.hybrid,
            given_inbreeding=row.entry.founder_inbreeding if founder else None,
        )

    def _outcome(
        self,
        row: ImportRow,
        action: Action,
        problems: list[Problem],
        animal: Animal | None,
        changed: tuple[str, ...] = (),
    ) -> RowOutcome:
        return RowOutcome(
            line=row.line,
            action=action,
            label=row.entry.label,
            animal_id=animal.animal_id if animal else None,
            code=animal.code if animal else "",
            placeholder=animal.placeholder if animal else row.entry.placeholder,
            changed=changed,
            problems=tuple(problems),
        )

    def _animal(self, row: ImportRow, before: Animal | None, problems: list[Problem]) -> Animal | None:
        """Make the animal of an entry; None where something in it cannot be."""
        entry, wrong = row.entry, len(problems)

        def checked(field: str, check: Callable[[], Any], otherwise: Any = None) -> Any:
            try:
                return check()
            except (DomainError, ValueError) as problem:
                pointer = getattr(problem, "pointer", "").strip("/").replace("/", ".") or field
                problems.append(Problem(line=row.line, field=pointer, rule=field, text=str(problem)))
                return otherwise

        if before is not None and before.vivarium_id != self._vivarium_id:
            problems.append(Problem(line=row.line, rule="owner", text="the animal is another vivarium's"))
            return None
        kind: Species | None = checked("species", lambda: self._species(entry, before))
        if kind is None:
            return None
        genes = checked("genotype", lambda: said_genes(kind, entry), ())
        subspecies = checked("subspecies", lambda: _subspecies(kind, entry))
        born, precision = checked("born", lambda: _day(entry.born), (None, "unknown"))
        died, _ = checked("died", lambda: _day(entry.died), (None, "unknown"))
        today = self._now.date()
        if born is not None and born > today:
            problems.append(
                Problem(line=row.line, field="born", rule="date", text="an animal is not born in the future")
            )
        if died is not None and (died > today or (born is not None and died < born)):
            text = "an animal dies after its birth and not in the future"
            problems.append(Problem(line=row.line, field="died", rule="date", text=text))
        code = entry.code.strip().upper()
        if code and not is_code(code):
            text = "a code has capitals, digits and dashes, at most 32 in all"
            problems.append(Problem(line=row.line, field="code", rule="code", text=text))
        if any(each.severity == "error" for each in problems[wrong:]):
            return None
        values: dict[str, Any] = {name: getattr(entry, name) for name in _PLAIN}
        values |= {
            "code": code,
            "subspecies": subspecies,
            "genotype": genes,
            "external_ref": entry.external_ref or None,
        }
        values |= {"born_on": born, "birth_precision": precision, "died_on": died}
        values |= {"sire_id": row.sire_id, "dam_id": row.dam_id}
        if entry.placeholder:
            values |= {"visibility": "lineage", "status": "external" if entry.status == "active" else entry.status}
        if died is not None and values["status"] in ("active", "holdback", "lease"):
            values["status"] = "deceased"
        gone = {"deceased": "deceased", "archived": "mistake"}.get(values["status"])
        values |= {"archived_as": gone, "placeholder": entry.placeholder or row.made}
        if before is not None:
            values["genotype"] = restated(before, self._reckoned, genes)
            return self._changed(before, entry, values, problems, row.line)
        orphan = not (row.sire_id or row.dam_id)
        found = checked("reckoned", lambda: brought(kind, entry, genes, row.animal_id, orphan=orphan))
        if found is None:
            return None
        values["genotype"], self._fresh[row.animal_id] = found
        return Animal(
            animal_id=row.animal_id,
            vivarium_id=self._vivarium_id,
            species_id=kind.species_id,
            species=kind.scientific_name,
            created_at=self._now,
            updated_at=self._now,
            **values,
        )

    def _changed(
        self, before: Animal, entry: AnimalEntry, values: dict[str, Any], problems: list[Problem], line: int
    ) -> Animal:
        """Put what an entry says over an animal that is there. What the entry leaves out stays."""
        said = {
            name: value for name, value in values.items() if value not in _LEFT_OUT and getattr(before, name) != value
        }
        if (
            entry.placeholder and not before.placeholder
        ):  # a pedigree tells of descent; a real animal's own record is its keeper's
            said = {name: value for name, value in said.items() if name in ("sire_id", "dam_id")}
        for name in _FILLED_ONLY:
            there = getattr(before, name)
            if name in said and there is not None:
                role = name.removesuffix("_id")
                text = f"the animal has another {role} already; parents that are recorded are changed by hand"
                problems.append(Problem(line=line, field=role, rule="parents", text=text))
        if before.external_ref or entry.external_ref == before.animal_id:
            said.pop("external_ref", None)
        if "died_on" in said:
            text = "that an animal that is here has died, or when, is recorded by hand; the file's day is passed over"
            problems.append(Problem(line=line, field="died", rule="died", severity="warning", text=text))
        for name in ("placeholder", "code", "archived_as", "died_on"):
            said.pop(name, None)
        if said.get("status") in ("deceased", "archived", "sold") or before.held_by or before.archived_as:
            said.pop("status", None)
        if not said:
            return before
        after = replace(before, **said, revision=before.revision + 1, updated_at=self._now)
        try:  # the file may leave out the sex that goes with its genes, or the genes that go with its sex
            genotype_of(need_species(after.species_id), after.genotype, after.sex)
        except DomainError as problem:
            problems.append(Problem(line=line, field="genotype", rule="genotype", text=str(problem)))
            return before
        return after

    def _species(self, entry: AnimalEntry, before: Animal | None) -> Species:
        if before is not None and not entry.species:
            return need_species(before.species_id)
        found = species_named(entry.species, self._names) if entry.species else species().get(self._species_id or "")
        if found is None:
            what = f"the catalogue has no species {entry.species!r}" if entry.species else "no species is given"
            raise ValueError(f"{what}; GET /species lists them, and an import may name one for all rows")
        if before is not None and found.species_id != before.species_id:
            raise ValueError(f"the animal is recorded as {before.species}")
        return found

    def _marks(self, row: ImportRow, problems: list[Problem]) -> tuple[Mark, ...]:
        try:
            marks = msgspec.convert(msgspec.to_builtins(row.entry.marks), tuple[Mark, ...])
            for mark in marks:
                checked_mark(mark.kind, mark.value, mark.standard)
                check_days(mark.since, mark.until, self._now.date())
        except (DomainError, msgspec.ValidationError) as problem:
            problems.append(Problem(line=row.line, field="marks", rule="marks", text=str(problem)))
            return ()
        return marks

    def _free(self, row: ImportRow, after: Animal, before: Animal | None) -> list[Problem]:
        """Say which of a new animal's names another has taken since the file was checked."""
        wanted = {} if before is not None else {"code": after.code, "external_ref": after.external_ref}
        return [
            Problem(line=row.line, field=field, rule="taken", text=f"another animal has {value} by now")
            for field, value in wanted.items()
            if value and value in self._taken.get(field, ())
        ]

    def _parents(self, row: ImportRow, after: Animal, before: Animal | None) -> list[Problem]:
        """Check the parents of a row by the rules of lineage."""
        stood = before is not None and (before.sire_id, before.dam_id) == (after.sire_id, after.dam_id)
        if before is not None and stood and not _differs(before, after):
            return []
        parents: list[Animal | None] = []
        for role, parent_id in (("sire", after.sire_id), ("dam", after.dam_id)):
            parent = self.known.get(parent_id) if parent_id else None
            if parent_id in self._refused:
                text = f"its {role} on line {self._refused[parent_id]} is refused"
                return [Problem(line=row.line, field=role, rule="parent_refused", text=text)]
            named_before = before is not None and parent_id in (before.sire_id, before.dam_id)
            if parent_id and (parent is None or not (named_before or self._seen(parent))):
                return [Problem(line=row.line, field=role, rule="missing", text=f"there is no such {role}")]
            parents.append(parent)
        if not any(parents):
            return []
        sire, dam = (relative(each) if each else None for each in parents)
        # A new animal is nobody's parent yet: only one that is there can close a circle.
        above = self._pedigree() if before is not None else {}
        known = Lineage(
            limit=self._limit,
            hybrid=row.entry.hybrid,
            clutch=self._laid.get(after.clutch_id or ""),
            inbreeding=self._expected.get(after.animal_id),
        )
        remarks = judge(relative(after), sire, dam, need_species(after.species_id), above, known)
        remarks += self._excluded(after, before) if before is not None else []
        # Who the parents are was decided before, of a hybrid too; only whether they can still be is asked again.
        return [_problem(row, each) for each in remarks if not stood or each.rule in _STILL]

    def _excluded(self, after: Animal, before: Animal) -> list[Remark]:
        """Say whom a row fills in as a parent whom a laboratory has excluded."""
        found, history = list[Remark](), self._told.get(after.animal_id, [])
        if after.sire_id != before.sire_id and said_of(history, "sire", after.sire_id).excluded:
            found.append(excluded_before("sire", after.sire_id or ""))
        if after.dam_id != before.dam_id and said_of(history, "dam", after.dam_id).excluded:
            found.append(excluded_before("dam", after.dam_id or ""))
        return found

    def _offspring(self, row: ImportRow, after: Animal, before: Animal | None) -> list[Problem]:
        """Check a changed animal against its young, by the records of the two alone."""
        if before is None or not _differs(before, after):
            return []
        found: list[Problem] = []
        for listed in self._young.get(after.animal_id, ()):
            child = self.known.get(listed.animal_id, listed)
            as_sire = relative(after) if child.sire_id == after.animal_id else None
            as_dam = relative(after) if child.dam_id == after.animal_id else None
            remarks = judge(relative(child), as_sire, as_dam, need_species(child.species_id), {}, Lineage(hybrid=True))
            found += [_problem(row, each, "by its young, ") for each in remarks if each.severity == "error"]
        return list(dict.fromkeys(found))

    def _seen(self, parent: Animal) -> bool:
        return shows_name(sight(parent.visibility, parent.vivarium_id, self._vivarium_id))


def _differs(before: Animal, after: Animal) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in _JUDGED)


def _problem(row: ImportRow, remark: Remark, whose: str = "") -> Problem:
    return Problem(
        line=row.line,
        field=remark.pointer.strip("/").removesuffix("_id"),
        rule=remark.rule,
        severity=remark.severity,
        text=whose + remark.text,
    )


def names_of_species() -> dict[str, Species]:
    """Return the species of the catalogue as it now stands, by each name in small letters: those of subspecies too."""
    found: dict[str, Species] = {}
    for entry in species().values():
        names = (entry.species_id, entry.scientific_name, entry.slug, *entry.common_names, *entry.synonyms)
        for name in (*names, *(one.name for one in entry.subspecies)):
            found.setdefault(name.casefold(), entry)
    return found


def species_named(word: str, names: Mapping[str, Species] | None = None) -> Species | None:
    """Return the species that a file names: by its id, a scientific or a common name."""
    return (names_of_species() if names is None else names).get(" ".join(word.split()).casefold())


def _subspecies(kind: Species, entry: AnimalEntry) -> str | None:
    listed = {one.name.casefold() for one in kind.subspecies}
    return checked_subspecies(kind, entry.subspecies or (entry.species if entry.species.casefold() in listed else ""))


def _day(text: str | None) -> tuple[date | None, Precision]:
    return date_of(text) if text else (None, "unknown")


def _fields() -> tuple[str, ...]:
    return (*_PLAIN, "code", "subspecies", "genotype", "external_ref", "born_on", "birth_precision", *_FILLED_ONLY)
