"""What keepers noted of an animal's care and health."""

from datetime import date, datetime
from typing import Any

from reptidex.streams.commands.animal_care import Entry, Weight
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored


@stored("health_records", key="record_id", indexes=(("animal_id", "on_day"), ("vivarium_id", "on_day")))
class HealthRecord(Row, frozen=True, kw_only=True):
    """Something about an animal: a weight, a meal, a visit to the veterinarian. It goes with the animal to its next owner."""

    record_id: str
    animal_id: str
    vivarium_id: str
    """Whose keepers noted it."""
    kind: str
    on_day: date
    grams: float | None = None
    """The weight, where that is what was noted."""
    entry: Entry
    recorded_by: str | None = None
    recorded_at: datetime
    corrected_at: datetime | None = None
    removed_at: datetime | None = None
    removed_because: str = ""


def columns_of(entry: Entry) -> dict[str, Any]:
    """Return the fields of a record's row that follow from its entry."""
    return {
        "kind": entry.__struct_config__.tag,
        "on_day": entry.on_day,
        "grams": entry.grams if isinstance(entry, Weight) else None,
        "entry": entry,
    }


def care_of(vivarium_id: str, *, kinds: tuple[str, ...], since: date | None, until: date | None) -> Query[HealthRecord]:
    """Ask for what a vivarium's keepers noted of all animals, oldest first; what was struck out is left out."""
    table = HealthRecord.c
    where = [table.vivarium_id == vivarium_id, table.removed_at.is_(None)]
    if kinds:
        where.append(table.kind.in_(kinds))
    if since:
        where.append(table.on_day >= since)
    if until:
        where.append(table.on_day <= until)
    return select(HealthRecord, *where, order=("on_day",))


def health_of(
    animal_id: str,
    *,
    kinds: tuple[str, ...] = (),
    since: date | None = None,
    until: date | None = None,
    removed: bool = False,
) -> Query[HealthRecord]:
    """Ask for what was noted of an animal, latest first."""
    table = HealthRecord.c
    where = [table.animal_id == animal_id]
    if kinds:
        where.append(table.kind.in_(kinds))
    if since:
        where.append(table.on_day >= since)
    if until:
        where.append(table.on_day <= until)
    if not removed:
        where.append(table.removed_at.is_(None))
    return select(HealthRecord, *where, order=("-on_day",))
