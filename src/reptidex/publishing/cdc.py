"""Rows of change data capture, as Debezium writes them, in the words of our contracts.

https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events: each change has `op`
(`c`reate, `u`pdate, `d`elete, `r`ead in a snapshot), the row `before` and `after`, and its `source`. A row is no event: the
mapping says which change of which table means what, and anything that it does not speak of is passed over.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from reptidex.errors import ContractError, SettingsError
from reptidex.publishing.checking import Ready, Refusal, check, is_event, wrapped
from reptidex.publishing.reading import Piece

OPERATIONS = {"c": "create", "r": "read", "u": "update", "d": "delete"}


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a change of a table means."""

    table: str
    """`<schema>.<table>`, or the table alone."""
    event: str
    when: tuple[str, ...] = ("create", "read")
    changed: tuple[str, ...] = ()
    """For updates: only where one of these columns has another value than before."""
    fields: dict[str, str] = {}
    """Field of the event to column of the row."""
    constants: dict[str, Any] = {}
    """Field of the event to a value that is always the same."""
    values: dict[str, dict[str, Any]] = {}
    """Column to what its values are called in the event; others are taken as they are."""


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rules of a file; the first that is about a change counts."""

    rules: tuple[Rule, ...]


class _Source(msgspec.Struct):
    table: str = ""
    schema: str = ""
    db: str = ""
    lsn: int | None = None
    pos: int | None = None
    file: str = ""
    row: int = 0
    scn: Any = None
    change_lsn: Any = None
    event_serial_no: Any = None
    ts_ms: int | None = None


class _Change(msgspec.Struct):
    op: str
    source: _Source
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    ts_ms: int | None = None


class _Wrapped(msgspec.Struct):
    payload: msgspec.Raw = msgspec.Raw()


def read_mapping(path: Path) -> Mapping:
    """Read the YAML file of rules. Raises `SettingsError` with the place of what is wrong, `OSError`."""
    try:
        mapping = msgspec.yaml.decode(path.read_bytes(), type=Mapping)
    except msgspec.MsgspecError as problem:
        raise SettingsError(f"{path}: {' '.join(str(problem).split())}") from problem
    for rule in mapping.rules:
        if not is_event(rule.event):
            raise SettingsError(f"{path}: {rule.event} is no event")
        if unknown := set(rule.when) - set(OPERATIONS.values()):
            raise SettingsError(
                f"{path}: {', '.join(unknown)} is no change; there are {', '.join(OPERATIONS.values())}"
            )
    return mapping


def mapped(piece: Piece, mapping: Mapping, *, now: datetime) -> Ready | Refusal | None:
    """Return the event that a change means, why it cannot be one, or None where no rule is about it.

    The event's id follows from the change's place in the source's own log, so a change that is told twice is one event.
    """
    try:
        change = _read(piece.raw)
    except ContractError as problem:
        return Refusal(place=piece.place, detail=str(problem))
    rule = None if change is None else next((each for each in mapping.rules if _is_about(each, change)), None)
    if change is None or rule is None:
        return None
    row = (change.before if change.op == "d" else change.after) or {}
    missing = [column for column in rule.fields.values() if column not in row]
    if missing:
        return Refusal(place=piece.place, detail=f"{rule.table}: the row has no column {', '.join(missing)}")
    data = {
        field: rule.values.get(column, {}).get(str(row[column]), row[column]) for field, column in rule.fields.items()
    }
    data = {field: value for field, value in data.items() if value is not None} | rule.constants
    at = change.source.ts_ms if change.source.ts_ms is not None else change.ts_ms
    try:
        when = now if at is None else datetime.fromtimestamp(at / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return Refusal(place=piece.place, detail=f"{rule.table}: the time of the change, {at} ms, is in no calendar")
    raw = wrapped(msgspec.json.encode(data), rule.event, when, identity=_identity(change))
    found = check(Piece(line=piece.line, raw=raw, within_array=piece.within_array), now=now)
    if isinstance(found, Refusal):
        return msgspec.structs.replace(found, detail=f"{rule.table} as {rule.event}: {found.detail}")
    return found


def _read(raw: bytes) -> _Change | None:
    """Read a change, with Debezium's `schema` around it or without; None for a tombstone."""
    if raw == b"null":
        return None
    try:
        if b'"payload"' in raw:
            raw = bytes(msgspec.json.decode(raw, type=_Wrapped).payload) or raw  # else a column is called that
            if raw == b"null":
                return None
        return msgspec.json.decode(raw, type=_Change)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ContractError(f"this is no change event: {problem}") from problem


def _is_about(rule: Rule, change: _Change) -> bool:
    if rule.table not in (change.source.table, f"{change.source.schema or change.source.db}.{change.source.table}"):
        return False
    if OPERATIONS.get(change.op) not in rule.when:
        return False
    if change.op != "u" or not rule.changed:
        return True
    before, after = change.before or {}, change.after or {}
    return any(before.get(column) != after.get(column) for column in rule.changed)


def _identity(change: _Change) -> str:
    source = change.source
    row = msgspec.json.encode(change.after or change.before, order="deterministic").decode()
    return f"{source.db}.{source.schema}.{source.table}:{_place(source)}:{change.op}:{row}"


def _place(source: _Source) -> str:
    """Return where a change stands in the source's own log: as PostgreSQL, MySQL, Oracle and SQL Server say it; else its time."""
    if source.lsn is not None:
        return str(source.lsn)
    if source.pos is not None:
        return f"{source.file}:{source.pos}:{source.row}"
    if source.scn is not None or source.change_lsn is not None:
        return f"{source.scn}:{source.change_lsn}:{source.event_serial_no}"
    return f"at {source.ts_ms}"
