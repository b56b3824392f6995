"""Files of ours in JSON: a head that says what it is, and one list of entries."""

from typing import Any

import msgspec

from reptidex.domain.interchange.reading import (
    MOST_LINES,
    Numbered,
    Problem,
    Reading,
    UnreadableError,
    check_count,
    check_storable,
)


def read_list(
    raw: bytes, name: str, version: int, field: str, kind: Any, *, most: int = MOST_LINES, may_lack: bool = False
) -> Reading[Any]:
    """Read a list of a file of ours, of `kind`s; a bare list is its main one. An entry that breaks its schema is a problem.

    A list that the file `may_lack` is empty then.

    Raises `UnreadableError` where the bytes are no JSON, or of another format or a later version.
    """
    try:
        # Scanned at once for what it is, decoded entry by entry for what each says.
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise UnreadableError(f"the file is no JSON: {problem}") from None
    if isinstance(found, dict):
        if found.get("format", name) != name:
            raise UnreadableError(f"the file says that it is {found['format']!r}, not {name!r}")
        if not isinstance(found.get("version", version), int) or found.get("version", version) > version:
            raise UnreadableError(
                f"the file is of version {found['version']!r}; {version} is the latest that is understood"
            )
        found = found.get(field, [] if may_lack else None)
    elif may_lack:
        found = []
    if not isinstance(found, list):
        raise UnreadableError(f"the file has no list {field!r}")
    check_count(len(found), most)
    entries, problems, suspicious = list[Numbered[Any]](), list[Problem](), b"\\u0000" in raw
    for line, each in enumerate(found, 1):
        try:
            if suspicious:
                check_storable(each)
            entries.append(Numbered(line=line, entry=msgspec.convert(each, kind)))
        except msgspec.ValidationError as problem:
            problems.append(_problem(line, problem))
        except ValueError as problem:
            problems.append(Problem(line=line, rule="value", text=str(problem)))
    return Reading(entries=entries, problems=problems)


def _problem(line: int, problem: msgspec.ValidationError) -> Problem:
    text, _, place = str(problem).partition(" - at `$")
    return Problem(line=line, field=place.strip("`.").replace("...", ""), rule="schema", text=text)


def schema_of(kind: type[Any], name: str, version: int) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a file."""
    made = msgspec.json.schema(kind)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:reptidex:{name}/{version}",
        "title": name,
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(head | made))
    return plain
