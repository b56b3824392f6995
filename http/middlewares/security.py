"""Headers that every answer carries (OWASP Secure Headers), and what caches may keep."""

from multidict import CIMultiDict

BASE = {
    "Server": "reptidex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""A view that answers `Raw` may set its own (an embed that is framed elsewhere)."""

KEEP = {"user": "no-store", "service": "private, no-cache", "anonymous": "no-cache"}
"""What a person was shown is stored nowhere; a service of ours may keep it to ask again by ETag; the rest is checked anew."""

Templates = dict[str, "CIMultiDict[str]"]
"""The headers of an answer to each kind of caller, to be copied: that is one step instead of six."""


def templates(*, tls: bool) -> Templates:
    """Return the headers of answers; with `tls` browsers are told to come by HTTPS only (RFC 6797), for two years."""
    strict = {"Strict-Transport-Security": "max-age=63072000"} if tls else {}
    return {kind: CIMultiDict(BASE | strict | {"Cache-Control": keep}) for kind, keep in KEEP.items()}


def secure(headers: "CIMultiDict[str]", template: "CIMultiDict[str]") -> None:
    """Complete the headers of an answer that was not begun with a template."""
    for name, value in template.items():
        if name not in headers:
            headers[name] = value
