"""Who changed what of an animal, and when."""

from datetime import datetime
from typing import Any

import msgspec

from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field before and after, as JSON; null where there was nothing."""

    field: str
    before: Any
    after: Any


@stored("changes", key="change_id", indexes=(("animal_id", "at"),))
class Change(Row, frozen=True, kw_only=True):
    """One change of an animal's record or of what is noted about it."""

    change_id: str
    animal_id: str
    vivarium_id: str
    """Whose the animal was."""
    action: str
    subject_id: str | None = None
    """The record concerned, where it is not the animal itself."""
    fields: tuple[FieldChange, ...] = ()
    actor: str | None = None
    at: datetime


def changes_of(animal_id: str) -> Query[Change]:
    """Ask for the changes of an animal, latest first."""
    return select(Change, Change.c.animal_id == animal_id, order=("-at",))
