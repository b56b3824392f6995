"""The event catalogue as one page of HTML: no script, style or font of anybody else, so it works without a network."""

import json
from collections.abc import Iterator
from html import escape

from reptidex.streams.asyncapi import Document
from reptidex.streams.fields import fields_in
from reptidex.streams.pages import as_html, source_hash

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--key:#2a7f4f}
body{font:15px/1.5 system-ui,sans-serif;margin:0;display:grid;grid-template-columns:20rem 1fr;height:100vh}
nav{overflow:auto;border-right:1px solid var(--line);padding:1rem}main{overflow:auto;padding:1rem 2rem}
nav input{width:100%;box-sizing:border-box;padding:.4rem;font:inherit}nav h2{font-size:.85rem;margin:1rem 0 .2rem}
nav a{display:block;text-decoration:none;color:inherit;font-family:ui-monospace,monospace;font-size:.8rem}
nav a:hover{color:var(--key)}article{border-bottom:1px solid var(--line);padding:1rem 0;max-width:70rem}
h1{margin:0}h3{margin:.2rem 0;font-family:ui-monospace,monospace}table{border-collapse:collapse;width:100%;font-size:.85rem}
th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--soft)}
code,pre{font-family:ui-monospace,monospace;font-size:.8rem}pre{background:var(--soft);padding:.6rem;overflow:auto}
.facts{font-size:.85rem;opacity:.85}.must{color:var(--key);font-weight:600}[hidden]{display:none}
@media(max-width:50rem){body{display:block;height:auto}nav{border:0}}
"""

_SCRIPT = """
const box=document.getElementById('find'),none=document.getElementById('none');
box.addEventListener('input',()=>{const words=box.value.toLowerCase().split(/\\s+/).filter(Boolean);let shown=0;
document.querySelectorAll('[data-text]').forEach(e=>{const on=words.every(w=>e.dataset.text.includes(w));e.hidden=!on;
if(on&&e.tagName==='ARTICLE')shown++});none.hidden=shown>0});
"""


def page(document: Document) -> str:
    """Return the page of an AsyncAPI document as `reptidex.streams.asyncapi.document` makes it."""
    info = document["info"]
    services = [tag["name"] for tag in info["tags"]]
    links = "".join(_links(document, service) for service in services)
    articles = "".join(_article(document, name) for name in document["channels"])
    count = len(document["channels"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f'<nav><label for="find">Find an event, a field, a service</label><input id="find" type="search" autofocus>'
        f"{links}</nav><main><h1>{escape(info['title'])}</h1><p>{as_html(info['description'])}</p>"
        f'<p class="facts">{count} events, version {escape(info["version"])}</p>'
        f'<p id="none" hidden>No event has these words.</p>{articles}</main><script>{_SCRIPT}</script></body></html>\n'
    )


def content_security_policy() -> str:
    """Return the policy that lets the page's own script and style run and nothing else."""
    return (
        f"default-src 'none'; script-src '{source_hash(_SCRIPT)}'; style-src '{source_hash(_STYLE)}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _links(document: Document, service: str) -> str:
    named = [name for name, channel in document["channels"].items() if channel["tags"][0]["name"] == service]
    links = "".join(
        f'<a href="#{name}" data-text="{_search_text(document, name)}">{escape(name)}</a>' for name in named
    )
    return f"<h2>{escape(service)}</h2>{links}"


def _article(document: Document, name: str) -> str:
    channel, message = document["channels"][name], document["components"]["messages"][name]
    schema = _payload(document, name)
    kafka, sns = channel["bindings"]["kafka"], channel["bindings"]["sns"]
    days = kafka["topicConfiguration"]["retention.ms"] // 86_400_000
    kept = "for ever" if days < 0 else f"{days} days"
    readers = "".join(f"<li>{escape(text)}</li>" for text in _receivers(document, name))
    examples = "".join(
        f"<details><summary>{escape(one['name'])}</summary><pre>{escape(json.dumps(one['payload'], indent=2))}</pre></details>"
        for one in message["examples"]
    )
    return (
        f'<article id="{name}" data-text="{_search_text(document, name)}"><h3>{escape(name)}</h3>'
        f'<p>{as_html(channel["summary"])}</p><p class="facts">Published by {escape(channel["tags"][0]["name"])}, key '
        f"{as_html(message['bindings']['kafka']['key']['description'])}, kept {kept}, SNS <code>{escape(sns['name'])}</code></p>"
        f"<table><tr><th>Field<th>Type<th>Says</tr>{''.join(_rows(document, schema))}</table>"
        f"{f'<p>Heard by</p><ul>{readers}</ul>' if readers else ''}{examples}</article>"
    )


def _rows(document: Document, schema: Document) -> Iterator[str]:
    for field in fields_in(schema, document["components"]["schemas"]):
        must = ' class="must" title="required"' if field.required else ""
        yield f"<tr><td{must}><code>{field.path}</code><td>{escape(field.type)}<td>{as_html(field.says)}</tr>"


def _payload(document: Document, name: str) -> Document:
    reference = document["components"]["messages"][name]["payload"]["allOf"][1]["properties"]["data"]["$ref"]
    found: Document = document["components"]["schemas"][reference.rsplit("/", 1)[-1]]
    return found


def _receivers(document: Document, name: str) -> list[str]:
    channel = {"$ref": f"#/channels/{name}"}
    operations = document["operations"].values()
    return [one["summary"] for one in operations if one["action"] == "receive" and one["channel"] == channel]


def _search_text(document: Document, name: str) -> str:
    channel = document["channels"][name]
    words = [name, channel["tags"][0]["name"], channel["summary"], *_payload(document, name)["properties"]]
    return escape(" ".join(words).lower())


__all__ = ["content_security_policy", "page"]
