"""The card of a person or vivarium that other sites show in a frame."""

from html import escape
from urllib.parse import urlsplit

import msgspec

from reptidex.domain.drawing.svg import clean

STYLE = (
    "body{font:16px/1.4 system-ui,sans-serif;margin:0;padding:16px;color:#1d2b1f;background:#fff}"
    "h1{font-size:1.3em;margin:0 0 .3em}p{margin:.3em 0}.place{color:#55645a}a{color:#2f6b3a}"
)


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a card shows."""

    display_name: str
    bio: str = ""
    location: str = ""
    website: str = ""


def card(shown: Card) -> bytes:
    """Write a card as an HTML page without any script."""
    name = escape(clean(shown.display_name))
    parts = [f"<h1>{name}</h1>"]
    if shown.location:
        parts.append(f'<p class="place">{escape(clean(shown.location))}</p>')
    if shown.bio:
        parts.append(f"<p>{escape(clean(shown.bio, 2000))}</p>")
    link = safe_link(shown.website)
    if link:
        parts.append(f'<p><a href="{escape(link)}" rel="nofollow noopener ugc" target="_blank">{escape(link)}</a></p>')
    head = f'<meta charset="utf-8"><title>{name}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'.encode()


def safe_link(address: str) -> str:
    """Return a web address that may be linked; empty for anything else than http and https."""
    plain = clean(address, 500)
    try:
        parts = urlsplit(plain)
    except ValueError:
        return ""
    return plain if parts.scheme in ("http", "https") and parts.hostname else ""
