"""Whether a payload's schema may change the way it did.

The rule is backward compatibility (what was written under the old schema is read under the new one) and, beyond what a
registry checks, that a field which readers rely on stays there. Added optional fields, added members of an enumeration and
wider bounds are fine; everything else needs a new version with an upcaster, or a new event.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("type", "pattern", "format", "contentEncoding", "multipleOf")


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return what the new schema breaks of the old one, one sentence each; empty where nothing is broken."""
    found = [f"its {what} changed" for what in ("x-key", "x-service") if old.get(what) != new.get(what)]
    return found + list(_compare(old, new, old, new, ""))


def _compare(old: Any, new: Any, old_root: Schema, new_root: Schema, place: str) -> Iterator[str]:
    olds, news = _choices(old, old_root), _choices(new, new_root)
    for choice in olds:
        namesakes = news if len(olds) == len(news) == 1 else [one for one in news if _name_of(one) == _name_of(choice)]
        if namesakes:
            yield from _compare_one(choice, namesakes[0], old_root, new_root, place)
        else:
            yield f"`{place}` no longer takes what it took: {_name_of(choice)}"


def _compare_one(old: Schema, new: Schema, old_root: Schema, new_root: Schema, place: str) -> Iterator[str]:
    for word in _EXACT:
        if old.get(word) != new.get(word):
            yield f"the {word} of `{place}` changed from {old.get(word)!r} to {new.get(word)!r}"
    if "enum" in new and "enum" not in old:
        yield f"`{place}` takes some values only, and took any"
    elif gone := set(_members(old)) - set(_members(new)) if "enum" in new else set():
        yield f"`{place}` no longer takes {', '.join(map(repr, sorted(map(str, gone))))}"
    for word in _LOWER:
        if word in new and (word not in old or new[word] > old[word]):
            yield f"the {word} of `{place}` was tightened"
    for word in _UPPER:
        if word in new and (word not in old or new[word] < old[word]):
            yield f"the {word} of `{place}` was tightened"
    if "properties" in old and "properties" in new:
        yield from _compare_fields(old, new, old_root, new_root, place)
    elif "properties" in old or "properties" in new:
        yield f"`{place}` was an object with fields and is one with any names, or the other way round"
    else:
        for word, at in (("additionalProperties", f"{place}.*"), ("propertyNames", f"the names of {place}")):
            if isinstance(new.get(word), dict):
                yield from _compare(old.get(word, {}), new[word], old_root, new_root, at)
    yield from _compare_items(old, new, old_root, new_root, place)


def _compare_items(old: Schema, new: Schema, old_root: Schema, new_root: Schema, place: str) -> Iterator[str]:
    """Compare each entry that an array could have with what the new one takes there; what has no schema was anything."""
    were, are = old.get("prefixItems", []), new.get("prefixItems", [])
    rest, others = new.get("items"), old.get("items", {})
    for number in range(max(len(were), len(are))):
        before = were[number] if number < len(were) else others
        after = are[number] if number < len(are) else rest
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _compare(before, after, old_root, new_root, f"{place}[{number}]")
    if isinstance(rest, dict) and isinstance(others, dict):
        yield from _compare(others, rest, old_root, new_root, f"{place}[]")


def _compare_fields(old: Schema, new: Schema, old_root: Schema, new_root: Schema, place: str) -> Iterator[str]:
    required, was = set(new.get("required", ())), set(old.get("required", ()))
    for name, before in old["properties"].items():
        at = f"{place}.{name}".lstrip(".")
        after = new["properties"].get(name)
        if after is None:
            yield f"`{at}` was removed or renamed"
            continue
        if name in required - was:
            yield f"`{at}` became required"
        if name in was - required:
            yield f"`{at}` was required and may now be missing"
        if "default" in before and "default" in after and before["default"] != after["default"]:
            yield f"the default of `{at}` changed, and with it the meaning of every event that left it out"
        yield from _compare(before, after, old_root, new_root, at)
    for name in sorted(required - set(old["properties"])):
        yield f"`{f'{place}.{name}'.lstrip('.')}` was added as a required field"


def _choices(schema: Schema, root: Schema) -> list[Schema]:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" not in schema:
        return [schema]
    return [choice for part in schema["anyOf"] for choice in _choices(part, root)]


def _members(schema: Schema) -> list[Any]:
    return list(schema.get("enum", ()))


def _name_of(schema: Schema) -> str:
    """Return what tells the choices of one place apart: an object's title, else the type; one of them is an enumeration."""
    return str(schema.get("title") or schema.get("type") or "enumeration")
