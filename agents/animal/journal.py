"""Keeps the journal of an animal: who changed what, and when."""

from typing import Any

import msgspec

from reptidex.agents.agent import Unit
from reptidex.tables.animal.journal import Change, FieldChange
from reptidex.tables.animal.models import Animal

_UNSAID = {"animal_id", "vivarium_id", "revision", "created_at", "updated_at", "held_by", "held_until", "species"}
"""What changes with every change, and what sales do by themselves."""


def keep(before: Animal | None, after: Animal, unit: Unit, action: str = "updated") -> None:
    """Write an animal, and its change into the journal; `before` is None for a new one, whose fields are not repeated."""
    unit.put(after)
    fields = differences(before, after) if before is not None else ()
    note(after, action, unit, fields=fields)


def note(
    animal: Animal, action: str, unit: Unit, *, subject_id: str | None = None, fields: tuple[FieldChange, ...] = ()
) -> None:
    """Write into the journal what was done to an animal or to a record about it."""
    unit.put(
        Change(
            change_id=unit.new_id(),
            animal_id=animal.animal_id,
            vivarium_id=animal.vivarium_id,
            action=action,
            subject_id=subject_id,
            fields=fields,
            actor=unit.cause.actor,
            at=unit.now,
        )
    )


def differences(before: msgspec.Struct, after: msgspec.Struct) -> tuple[FieldChange, ...]:
    """Return the fields in which two structs of one type differ."""
    changed = []
    for field in after.__struct_fields__:
        old, new = getattr(before, field), getattr(after, field)
        if old != new and field not in _UNSAID:
            changed.append(FieldChange(field=field, before=_plain(old), after=_plain(new)))
    return tuple(changed)


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
