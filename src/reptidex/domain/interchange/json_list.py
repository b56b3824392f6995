"""Files of ours in JSON: a head that says what it is, and one list of entries."""

from typing import Any, TypeVar

import msgspec

from reptidex.domain.interchange.reading import Numbered, Problem, Reading, UnreadableError, check_count, check_storable

T = TypeVar("T", bound=msgspec.Struct)


def read_list(raw: bytes, name: str, version: int, field: str, kind: type[T]) -> Reading[T]:
    """Read the list `field` of a file of ours; a bare list is taken too. An entry that breaks its schema is a problem.

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
        found = found.get(field)
    if not isinstance(found, list):
        raise UnreadableError(f"the file has no list {field!r}")
    check_count(len(found))
    entries, problems, suspicious = list[Numbered[T]](), list[Problem](), b"\\u0000" in raw
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
