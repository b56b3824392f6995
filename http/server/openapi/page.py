"""The OpenAPI document as a page to read: no script, no font, nothing fetched from elsewhere."""

import json
from html import escape
from pathlib import Path
from typing import Any

from reptidex.http.middlewares.security import digest_source
from reptidex.http.server.openapi.samples import sample

STYLE = Path(__file__).with_name("page.css").read_text()
POLICY = f"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; style-src '{digest_source(STYLE)}'"
"""The page's Content-Security-Policy: its one style sheet, named by digest."""


def who(policy: dict[str, Any]) -> str:
    """Say in words who may call."""
    if policy.get("anyone"):
        return "anyone"
    words = []
    if "role" in policy:
        words.append(f"{policy['role']} or higher")
    if policy.get("signed_in"):
        words.append("signed in")
    if "scope" in policy:
        words.append(f"scope {policy['scope']}")
    if policy.get("recent_sign_in"):
        words.append("after a recent sign-in")
    return ", ".join(words + policy.get("services", []))


def curl(method: str, url: str, operation: dict[str, Any], components: dict[str, Any]) -> str:
    """Return the line that tries an operation out."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            url = url.replace(
                "{" + parameter["name"] + "}", str(sample(parameter["schema"], components, 0, parameter["name"]))
            )
    query = [p for p in operation["parameters"] if p["in"] == "query" and p["required"]]
    if query:
        url += "?" + "&".join(f"{p['name']}={sample(p['schema'], components, 0, p['name'])}" for p in query)
    parts = ["curl" if method == "get" else f"curl -X {method.upper()}", f"'{url}'"]
    if not operation["x-policy"].get("anyone"):
        parts.append('-H "Authorization: Bearer $TOKEN"')
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        body = json.dumps(sample(content["application/json"]["schema"], components)).replace("'", "'\\''")
        parts += ["-H 'Content-Type: application/json'", f"-d '{body}'"]
    elif content:
        parts.append("--data-binary @file")
    return " \\\n  ".join(parts)


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(_kind(member) for member in schema[union])
    if "prefixItems" in schema:
        return f"[{', '.join(map(_kind, schema['prefixItems']))}]"
    if schema.get("type") == "array":
        return f"{_kind(schema.get('items', {}))}[]"
    if "enum" in schema:
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    limits = ("minimum", "maximum", "minLength", "maxLength", "pattern", "format")
    marks = [f"{name} {schema[name]}" for name in limits if name in schema]
    return escape(str(schema.get("type", "any")) + (f" ({', '.join(marks)})" if marks else ""))


def _rows(fields: list[tuple[str, str, bool, dict[str, Any]]]) -> str:
    return "".join(
        f"<tr><td><code>{escape(name)}</code>{'' if required else ' <i>optional</i>'}</td><td>{escape(place)}</td>"
        f"<td>{_kind(schema)}</td><td>{escape(schema.get('description', ''))}</td></tr>"
        for name, place, required, schema in fields
    )


def _operation(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    components = document["components"]["schemas"]
    fields = [
        (p["name"], p["in"], p.get("required", False), p["schema"])
        for p in operation["parameters"]
        if p["in"] != "header"
    ]
    content = operation.get("requestBody", {}).get("content", {})
    body = "".join(f"<p>Body: {_kind(media.get('schema', {}))}</p>" for media in content.values())
    answers = "".join(
        f"<li><b>{status}</b> {escape(answer.get('description', 'Problem document'))}"
        + "".join(f", {_kind(media['schema'])}" for media in answer.get("content", {}).values() if "schema" in media)
        + "</li>"
        for status, answer in operation["responses"].items()
    )
    url = document["servers"][0]["url"] + path
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b class="{method}">{method.upper()}</b> '
        f"<code>{escape(path)}</code> {escape(operation['summary'])} <em>{escape(who(operation['x-policy']))}</em></summary>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        + (f"<table>{_rows(fields)}</table>" if fields else "")
        + f"{body}<pre>{escape(curl(method, url, operation, components))}</pre><ul>{answers}</ul></details>"
    )


def page(document: dict[str, Any]) -> bytes:
    """Write an OpenAPI document (of `document`) as HTML."""
    info = document["info"]
    sections = []
    for tag in document["tags"]:
        operations = "".join(
            _operation(path, method, operation, document)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation["tags"]
        )
        sections.append(f"<section><h2>{escape(tag['name'])}</h2>{operations}</section>")
    schemas = "".join(
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code> '
        f"{escape(schema.get('description', '').partition(chr(10))[0])}</summary><table>"
        + _rows([(n, "", n in schema.get("required", ()), inner) for n, inner in schema.get("properties", {}).items()])
        + "</table></details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}</title><style>{STYLE}</style></head><body><header><h1>{escape(info['title'])}</h1>"
        f'<p>{escape(info["summary"])}</p><p><a href="openapi.json">openapi.json</a></p></header><main>'
        f"{''.join(sections)}<section><h2>Schemas</h2>{schemas}</section></main></body></html>"
    ).encode()
