"""What an import does with a record that is no animal: the same for the dry run that explains it and the unit that writes it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.interchange.reading import Problem
from reptidex.domain.lineage import Remark
from reptidex.domain.ownership import LEFT
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import DomainError, InvalidError
from reptidex.streams.commands.animal_collection import (
    CarriedCare,
    CarriedClutch,
    CarriedEnclosure,
    CarriedPairing,
    CarriedProvenance,
    CarriedSeason,
    CarriedStay,
    CarriedTest,
    animals_in,
    kind_of,
)
from reptidex.streams.commands.animal_import import Action, ImportRow, RowOutcome
from reptidex.tables.animal.breeding import Clutch, Pairing, Season
from reptidex.tables.animal.breeding_intake import Scene, clutch_from, pairing_from, season_from
from reptidex.tables.animal.genetics import GeneticTest, Tested
from reptidex.tables.animal.health import HealthRecord, columns_of
from reptidex.tables.animal.keeping import AnimalProvenance, Enclosure, Stay
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.record_checks import check_entry, check_provenance, check_tested, checked_results
from reptidex.tables.row import Row

ROWS: Mapping[str, type[Row]] = {
    "enclosure": Enclosure,
    "season": Season,
    "pairing": Pairing,
    "clutch": Clutch,
    "care": HealthRecord,
    "provenance": AnimalProvenance,
    "test": GeneticTest,
    "stay": Stay,
}


class JudgedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was looked at: what is to be written, and the animals that it changes."""

    outcome: RowOutcome
    rows: tuple[Row, ...] = ()
    changed: tuple[tuple[Animal, Animal], ...] = ()
    """Animals as they were and as they would be."""


class RecordIntake:
    """Judges records one after the other, in the order in which they can be written; each sees those before it.

    Records are only added: what is there stays as it is.
    """

    def __init__(
        self,
        vivarium_id: str,
        now: datetime,
        animals: Mapping[str, Animal],
        there: Iterable[Row],
        new_id: Callable[[], str],
        actor: str | None = None,
        refused: Mapping[str, int] | None = None,
    ) -> None:
        """Begin with the animals that records name and the rows that they are or name; `refused` animals by their lines."""
        rows = {(type(row), row.key): row for row in there}
        self._scene = Scene(
            vivarium_id=vivarium_id, now=now, animals=dict(animals), there=rows, new_id=new_id, actor=actor
        )
        self._refused = refused or {}

    def judge(self, row: ImportRow) -> JudgedRecord:
        """Say what becomes of a record, with every reason."""
        record, problems = row.record, list(row.problems)
        assert record is not None
        kind, rows, changed = kind_of(record), list[Row](), list[tuple[Animal, Animal]]()
        known = (ROWS[kind], row.animal_id) in self._scene.there
        if not known and not any(each.severity == "error" for each in problems):
            problems += self._lost(row)
        action: Action = "unchanged" if known else "create"
        if not known and not any(each.severity == "error" for each in problems):
            try:
                rows, changed, remarks = self._made(row)
                problems += [_problem(row, one) for one in remarks]
            except (DomainError, ValueError) as problem:
                field = getattr(problem, "pointer", "").strip("/").replace("/", ".")
                problems.append(Problem(line=row.line, field=field, rule=kind, text=str(problem)))
        if any(each.severity == "error" for each in problems):
            action, rows, changed = "refuse", [], []
        for each in rows:
            self._scene.there[type(each), each.key] = each
        self._scene.animals |= {after.animal_id: after for _, after in changed}
        outcome = RowOutcome(
            line=row.line,
            action=action,
            record=kind,
            label=_label(row),
            animal_id=next(iter(row.names.get(name) for name in animals_in(record)), None),
            problems=tuple(problems),
        )
        return JudgedRecord(outcome=outcome, rows=tuple(rows), changed=tuple(changed))

    def _lost(self, row: ImportRow) -> list[Problem]:
        """Name the animals of a record that are nowhere, or were refused."""
        found = []
        assert row.record is not None
        for name, field in animals_in(row.record).items():
            animal = self._scene.animals.get(row.names.get(name, ""))
            outsider = field in ("sires", "seen", "dam")
            seen = animal is not None and shows_name(
                sight(animal.visibility, animal.vivarium_id, self._scene.vivarium_id)
            )
            if animal is not None and (animal.vivarium_id == self._scene.vivarium_id or (outsider and seen)):
                continue
            line = self._refused.get(row.names.get(name, ""))
            text = (
                f"{name} on line {line} is refused" if line else f"{name} is neither in the file nor in the collection"
            )
            found.append(Problem(line=row.line, field=field, rule="missing", text=text))
        return found

    def _made(self, row: ImportRow) -> tuple[list[Row], list[tuple[Animal, Animal]], list[Remark]]:
        """Make the rows of a record. Raises `InvalidError` with what cannot be."""
        record = row.record
        match record:
            case CarriedEnclosure():
                return [self._enclosure(row, record)], [], []
            case CarriedSeason():
                return [season_from(row, record, self._scene)], [], []
            case CarriedPairing():
                return pairing_from(row, record, self._scene), [], []
            case CarriedClutch():
                clutch, changed = clutch_from(row, record, self._scene)
                return [clutch], changed, []
            case CarriedStay():
                return self._stay(row, record)
            case CarriedCare():
                animal = self._scene.animals[row.names[record.animal]]
                return [self._care(row, record, animal)], [], []
            case CarriedProvenance():
                animal = self._scene.animals[row.names[record.animal]]
                remarks = check_provenance(record.provenance, animal, self._scene.now.date())
                return [self._provenance(row, record, animal)], [], remarks
            case CarriedTest():
                return [self._test(row, record, self._scene.animals[row.names[record.animal]])], [], []
        raise InvalidError("it is no record", "")

    def _enclosure(self, row: ImportRow, record: CarriedEnclosure) -> Enclosure:
        if record.opened_at > self._scene.now or (
            record.closed_at and not record.opened_at <= record.closed_at <= self._scene.now
        ):
            raise InvalidError("an enclosure is opened, then closed, and not in the future", "/opened_at")
        values = asdict(record.enclosure) | {"opened_at": record.opened_at, "closed_at": record.closed_at}
        return Enclosure(enclosure_id=row.animal_id, vivarium_id=self._scene.vivarium_id, **values)

    def _stay(self, row: ImportRow, record: CarriedStay) -> tuple[list[Row], list[tuple[Animal, Animal]], list[Remark]]:
        animal = self._scene.animals[row.names[record.animal]]
        enclosure = self._scene.there.get((Enclosure, row.names.get(f"enclosure {record.enclosure}", "")))
        if not isinstance(enclosure, Enclosure) or enclosure.vivarium_id != self._scene.vivarium_id:
            raise InvalidError("there is no such enclosure in the file", "/enclosure")
        if record.since > self._scene.now or (record.until and not record.since <= record.until <= self._scene.now):
            raise InvalidError("a stay begins, then ends, and not in the future", "/since")
        stay = Stay(
            stay_id=row.animal_id,
            animal_id=animal.animal_id,
            enclosure_id=enclosure.enclosure_id,
            vivarium_id=self._scene.vivarium_id,
            since=record.since,
            until=record.until,
            moved_by=self._scene.actor,
        )
        if record.until is not None:
            return [stay], [], []
        if animal.enclosure_id is not None or animal.status in LEFT or enclosure.closed_at is not None:
            raise InvalidError(f"{animal.code} is elsewhere or gone, or {enclosure.name} is closed", "/animal")
        if enclosure.capacity is not None and enclosure.occupants >= enclosure.capacity:
            raise InvalidError(f"{enclosure.name} holds {enclosure.capacity} at most", "/enclosure")
        fuller = replace(enclosure, occupants=enclosure.occupants + 1)
        return [stay, fuller], [(animal, replace(animal, enclosure_id=enclosure.enclosure_id))], []

    def _care(self, row: ImportRow, record: CarriedCare, animal: Animal) -> HealthRecord:
        return HealthRecord(
            record_id=row.animal_id,
            animal_id=animal.animal_id,
            vivarium_id=self._scene.vivarium_id,
            **columns_of(check_entry(record.entry, animal, self._scene.now.date())),
            recorded_by=self._scene.actor,
            recorded_at=self._scene.now,
        )

    def _provenance(self, row: ImportRow, record: CarriedProvenance, animal: Animal) -> AnimalProvenance:
        return AnimalProvenance(
            provenance_id=row.animal_id,
            animal_id=animal.animal_id,
            vivarium_id=self._scene.vivarium_id,
            recorded_at=self._scene.now,
            **asdict(record.provenance),
        )

    def _test(self, row: ImportRow, record: CarriedTest, animal: Animal) -> GeneticTest:
        """Say which test it would be; whoever writes it weighs it against what else is known."""
        check_tested(record.laboratory, record.tested_on, animal, self._scene.now.date())
        checked_results(need_species(animal.species_id), record.results, animal)
        plain: dict[str, Any] = {
            name: getattr(record, name) for name in ("laboratory", "method", "reference", "tested_on", "notes")
        }
        return GeneticTest(
            **plain,
            test_id=row.animal_id,
            animal_id=animal.animal_id,
            vivarium_id=self._scene.vivarium_id,
            results=tuple(Tested(locus=one.locus, alleles=one.alleles) for one in record.results),
            recorded_at=self._scene.now,
        )


def _label(row: ImportRow) -> str:
    record = row.record
    match record:
        case CarriedEnclosure():
            return record.enclosure.name
        case CarriedSeason():
            return record.name
        case CarriedPairing():
            return f"{record.dam} and {', '.join(record.sires)}"
        case CarriedClutch():
            return f"{record.dam}, {record.laid_on}"
        case CarriedCare():
            return f"{record.animal}, {record.entry.__struct_config__.tag} of {record.entry.on_day}"
        case CarriedProvenance():
            return f"{record.animal}, {record.provenance.how}"
        case CarriedTest():
            return f"{record.animal}, {record.laboratory}"
        case CarriedStay():
            return record.animal
    return ""


def _problem(row: ImportRow, remark: Remark) -> Problem:
    return Problem(
        line=row.line, field=remark.pointer.strip("/"), rule=remark.rule, severity=remark.severity, text=remark.text
    )
