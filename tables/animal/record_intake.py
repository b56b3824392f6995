"""What an import does with a record that is no animal: the same for the dry run that explains it and the unit that writes it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.clutches import Counts, check_counts, due
from reptidex.domain.interchange.reading import Problem
from reptidex.domain.lineage import Remark
from reptidex.domain.ownership import LEFT
from reptidex.domain.visibility import has_page, sight
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
from reptidex.tables.animal.breeding import BreedingNote, Clutch, Pairing, Season
from reptidex.tables.animal.genetics import GeneticTest, Tested
from reptidex.tables.animal.health import HealthRecord, columns_of
from reptidex.tables.animal.keeping import AnimalProvenance, Enclosure, Stay
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.record_checks import check_entry, check_provenance, check_tested, checked_results
from reptidex.tables.animal.relatives import genotype_of
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
        self._vivarium_id, self._now, self._new_id, self._actor = vivarium_id, now, new_id, actor
        self._animals, self._there = dict(animals), {(type(row), row.key): row for row in there}
        self._refused = refused or {}

    def judge(self, row: ImportRow) -> JudgedRecord:
        """Say what becomes of a record, with every reason."""
        record, problems = row.record, list(row.problems)
        assert record is not None
        kind, rows, changed = kind_of(record), list[Row](), list[tuple[Animal, Animal]]()
        known = (ROWS[kind], row.animal_id) in self._there
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
            self._there[type(each), each.key] = each
        self._animals |= {after.animal_id: after for _, after in changed}
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
            animal = self._animals.get(row.names.get(name, ""))
            outsider = field in ("sires", "seen")
            seen = animal is not None and has_page(sight(animal.visibility, animal.vivarium_id, self._vivarium_id))
            if animal is not None and (animal.vivarium_id == self._vivarium_id or (outsider and seen)):
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
                return [self._season(row, record)], [], []
            case CarriedPairing():
                return self._pairing(row, record), [], []
            case CarriedClutch():
                return self._clutch(row, record)
            case CarriedStay():
                return self._stay(row, record)
            case CarriedCare():
                animal = self._animals[row.names[record.animal]]
                return [self._care(row, record, animal)], [], []
            case CarriedProvenance():
                animal = self._animals[row.names[record.animal]]
                remarks = check_provenance(record.provenance, animal, self._now.date())
                return [self._provenance(row, record, animal)], [], remarks
            case CarriedTest():
                return [self._test(row, record, self._animals[row.names[record.animal]])], [], []
        raise InvalidError("it is no record", "")

    def _enclosure(self, row: ImportRow, record: CarriedEnclosure) -> Enclosure:
        if record.opened_at > self._now or (record.closed_at and not record.opened_at <= record.closed_at <= self._now):
            raise InvalidError("an enclosure is opened, then closed, and not in the future", "/opened_at")
        values = asdict(record.enclosure) | {"opened_at": record.opened_at, "closed_at": record.closed_at}
        return Enclosure(enclosure_id=row.animal_id, vivarium_id=self._vivarium_id, **values)

    def _season(self, row: ImportRow, record: CarriedSeason) -> Season:
        if record.until_on < record.from_on:
            raise InvalidError("a season ends after it begins", "/until_on")
        if any(isinstance(one, Season) and one.name == record.name for one in self._there.values()):
            raise InvalidError(f"there is a season {record.name} already", "/name")
        values = asdict(record) | {"created_at": self._now, "updated_at": self._now}
        return Season(season_id=row.animal_id, vivarium_id=self._vivarium_id, **values)

    def _pairing(self, row: ImportRow, record: CarriedPairing) -> list[Row]:
        dam, sires = self._pair(row, record)
        season = self._there.get((Season, row.names.get(f"season {record.season}", "")))
        values = {name: value for name, value in asdict(record).items() if name not in ("ref", "dam", "sires", "seen")}
        pairing = Pairing(
            **values,
            pairing_id=row.animal_id,
            vivarium_id=self._vivarium_id,
            dam_id=dam.animal_id,
            candidate_sire_ids=tuple(one.animal_id for one in sires),
            species_id=dam.species_id,
            season_id=season.key if season else None,
            created_at=self._now,
            updated_at=self._now,
        )
        notes = [
            BreedingNote(
                note_id=self._new_id(),
                pairing_id=row.animal_id,
                vivarium_id=self._vivarium_id,
                kind=one.kind,
                on_day=one.on_day,
                sire_id=row.names[one.sire] if one.sire else None,
                text=one.text,
                recorded_by=self._actor,
                recorded_at=self._now,
            )
            for one in record.seen
        ]
        return [pairing, *notes]

    def _pair(self, row: ImportRow, record: CarriedPairing | CarriedClutch) -> tuple[Animal, list[Animal]]:
        dam = self._animals[row.names[record.dam]]
        sires = [self._animals[row.names[one]] for one in record.sires]
        for pointer, sex, animals in (("/dam", "female", [dam]), ("/sires", "male", sires)):
            for one in animals:
                if one.sex not in (sex, "unknown"):
                    raise InvalidError(f"{one.code} is recorded as {one.sex}; it must be {sex}", pointer)
        if any(one.species_id != dam.species_id for one in sires):
            raise InvalidError("sire and dam are of different species", "/sires")
        return dam, sires

    def _clutch(
        self, row: ImportRow, record: CarriedClutch
    ) -> tuple[list[Row], list[tuple[Animal, Animal]], list[Remark]]:
        dam, sires = self._pair(row, record)
        today, species = self._now.date(), need_species(dam.species_id)
        last = record.hatched_on or record.laid_on
        if not record.laid_on <= (record.first_hatched_on or record.laid_on) <= last <= today:
            raise InvalidError("a clutch is laid, then hatches, and not in the future", "/laid_on")
        if (dam.died_on and record.laid_on > dam.died_on) or (dam.born_on and record.laid_on <= dam.born_on):
            raise InvalidError("a clutch is laid while its dam lives", "/laid_on")
        genotype_of(species, record.dam_genotype, "female")
        for genes in record.sire_genotypes.values():
            genotype_of(species, genes, "male")
        young = [self._animals[row.names[one]] for one in record.hatchlings]
        if len(young) > record.hatched:
            raise InvalidError(f"{len(young)} hatchlings are named, and {record.hatched} hatched", "/hatchlings")
        for one in young:
            self._check_young(one, dam, sires)
        if record.pairing and (Pairing, row.names.get(f"pairing {record.pairing}", "")) not in self._there:
            raise InvalidError("there is no such pairing in the file", "/pairing")
        window = due(record.laid_on, None if species.live_bearing else species.incubation_days)
        named = ("dam", "sires", "pairing", "hatchlings", "fertile", "sire_genotypes")
        values = {name: value for name, value in asdict(record).items() if name not in named}
        clutch = Clutch(
            **values,
            clutch_id=row.animal_id,
            vivarium_id=self._vivarium_id,
            pairing_id=row.names.get(f"pairing {record.pairing}"),
            dam_id=dam.animal_id,
            candidate_sire_ids=tuple(one.animal_id for one in sires),
            species_id=dam.species_id,
            species=dam.species,
            kind="litter" if species.live_bearing else "eggs",
            fertile=record.fertile or 0,
            fertile_counted=record.fertile is not None,
            due_from=window[0] if window else None,
            due_until=window[1] if window else None,
            sire_genotypes={
                row.names[name]: genes for name, genes in record.sire_genotypes.items() if name in row.names
            },
            created_at=self._now,
            updated_at=self._now,
        )
        counts = Counts(**{name: getattr(clutch, name) for name in Counts.__struct_fields__})
        clutch = replace(clutch, fertile=check_counts(counts).fertile)
        changed = [
            (one, replace(one, clutch_id=clutch.clutch_id, breeder_vivarium_id=self._vivarium_id)) for one in young
        ]
        return [clutch], changed, []

    def _check_young(self, young: Animal, dam: Animal, sires: list[Animal]) -> None:
        """Raises `InvalidError` for an animal that cannot have hatched from such a clutch."""
        if young.clutch_id is not None:
            raise InvalidError(f"{young.code} is of another clutch already", "/hatchlings")
        if young.dam_id != dam.animal_id:
            raise InvalidError(f"{young.code} is not recorded as young of {dam.code}", "/hatchlings")
        if young.sire_id is not None and young.sire_id not in {one.animal_id for one in sires}:
            raise InvalidError(f"the sire of {young.code} is none of the clutch's", "/hatchlings")

    def _stay(self, row: ImportRow, record: CarriedStay) -> tuple[list[Row], list[tuple[Animal, Animal]], list[Remark]]:
        animal = self._animals[row.names[record.animal]]
        enclosure = self._there.get((Enclosure, row.names.get(f"enclosure {record.enclosure}", "")))
        if not isinstance(enclosure, Enclosure) or enclosure.vivarium_id != self._vivarium_id:
            raise InvalidError("there is no such enclosure in the file", "/enclosure")
        if record.since > self._now or (record.until and not record.since <= record.until <= self._now):
            raise InvalidError("a stay begins, then ends, and not in the future", "/since")
        stay = Stay(
            stay_id=row.animal_id,
            animal_id=animal.animal_id,
            enclosure_id=enclosure.enclosure_id,
            vivarium_id=self._vivarium_id,
            since=record.since,
            until=record.until,
            moved_by=self._actor,
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
            vivarium_id=self._vivarium_id,
            **columns_of(check_entry(record.entry, animal, self._now.date())),
            recorded_by=self._actor,
            recorded_at=self._now,
        )

    def _provenance(self, row: ImportRow, record: CarriedProvenance, animal: Animal) -> AnimalProvenance:
        return AnimalProvenance(
            provenance_id=row.animal_id,
            animal_id=animal.animal_id,
            vivarium_id=self._vivarium_id,
            recorded_at=self._now,
            **asdict(record.provenance),
        )

    def _test(self, row: ImportRow, record: CarriedTest, animal: Animal) -> GeneticTest:
        """Say which test it would be; whoever writes it weighs it against what else is known."""
        check_tested(record.laboratory, record.tested_on, animal, self._now.date())
        checked_results(need_species(animal.species_id), record.results, animal)
        plain: dict[str, Any] = {
            name: getattr(record, name) for name in ("laboratory", "method", "reference", "tested_on", "notes")
        }
        return GeneticTest(
            **plain,
            test_id=row.animal_id,
            animal_id=animal.animal_id,
            vivarium_id=self._vivarium_id,
            results=tuple(Tested(locus=one.locus, alleles=one.alleles) for one in record.results),
            recorded_at=self._now,
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
