"""Sample values from JSON Schemas, for the examples on the documentation page."""

from typing import Any

_TEXTS = {
    "uuid": "018f6f5e-7c3a-7b6e-9d1a-2f4b5c6d7e8f",
    "date-time": "2026-05-01T09:30:00Z",
    "date": "2026-05-01",
    "time": "09:30:00",
    "duration": "P1D",
    "byte": "aGVsbG8=",
}


def sample(schema: dict[str, Any], components: dict[str, Any], depth: int = 0, name: str = "") -> Any:
    """Return a value of the shape that a schema describes; optional fields of inner objects are left out."""
    if "$ref" in schema:
        return sample(components[schema["$ref"].rpartition("/")[2]], components, depth, name)
    if schema.get("default") not in (None, [], {}, ""):
        return schema["default"]
    for choice in ("enum", "examples"):
        if schema.get(choice):
            return schema[choice][0]
    if "const" in schema:
        return schema["const"]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            useful = [member for member in schema[union] if member.get("type") != "null"]
            return sample((useful or schema[union])[0], components, depth, name)
    return _of_type(schema, components, depth, name)


def _of_type(schema: dict[str, Any], components: dict[str, Any], depth: int, name: str) -> Any:
    kind = schema.get("type")
    if kind == "object":
        required = set(schema.get("required", ()))
        fields = schema.get("properties", {}).items()
        return {
            field: sample(inner, components, depth + 1, field)
            for field, inner in fields
            if field in required or (depth == 0 and not required)
        }
    if kind == "array" and "prefixItems" in schema:
        return [sample(inner, components, depth + 1, name) for inner in schema["prefixItems"]]
    if kind == "array":
        return [] if depth > 3 else [sample(schema.get("items", {}), components, depth + 1, name)]
    if kind == "string":
        text = _TEXTS.get(schema.get("format", ""), _TEXTS["uuid"] if name.endswith("_id") else name or "text")
        return (text + "x" * max(0, schema.get("minLength", 0) - len(text)))[: schema.get("maxLength", 200)]
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        return min(least, schema.get("maximum", least))
    return True if kind == "boolean" else None
