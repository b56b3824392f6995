"""What a view returned, as an HTTP answer: JSON with an ETag, a page with its link, a file, or nothing."""

from typing import Any

import msgspec
from aiohttp import web

from reptidex.http.middlewares.context import Context
from reptidex.http.middlewares.security import Templates
from reptidex.http.middlewares.validation import etag_of, unchanged
from reptidex.http.server.binding import Bound
from reptidex.http.server.routes import Page, Raw, Stream

_encode = msgspec.json.Encoder().encode


def next_link(request: web.BaseRequest, cursor: str) -> str:
    """Return the `Link` header (RFC 8288) of a page: the same list from the cursor on."""
    return f'<{request.rel_url.update_query(cursor=cursor)}>; rel="next"'


class Answerer:
    """Turns the values that one view returns into answers."""

    def __init__(self, bound: Bound, share: str, templates: Templates) -> None:
        """Take the route, the `RateLimit-Policy` that its callers are under, and the headers of every answer."""
        self._templates = {kind: template.copy() for kind, template in templates.items()}
        for kind in ("user", "anonymous"):
            self._templates[kind]["RateLimit-Policy"] = share
        self._status, self._get = bound.status, bound.route.method == "GET" and bound.route.kept
        if not self._get:
            for template in self._templates.values():
                template["Cache-Control"] = "no-store"

    def answer(self, request: web.BaseRequest, value: Any, context: Context) -> web.Response:
        """Return the answer for a value; a GET that has not changed for the asker is a 304."""
        found = self._templates[context.caller.kind].copy()
        if context.allowance:
            found["RateLimit"] = context.allowance
        if isinstance(value, Stream):
            found.update(value.headers)
            found["Content-Type"] = value.content_type
            return web.Response(status=self._status, body=value.parts, headers=found)
        if isinstance(value, Raw):
            found.update(value.headers)
            found["Content-Type"] = value.content_type
            body, status = value.body, value.status if value.status != 200 else self._status
        elif value is None and self._status == 204:
            return web.Response(status=204, headers=found)
        else:
            body, status = _encode(value), self._status
            found["Content-Type"] = "application/json"
            if isinstance(value, Page) and value.next is not None:
                found["Link"] = next_link(request, value.next)
        if self._get and status == 200:
            etag = found.get("ETag") or etag_of(body)
            found["ETag"] = etag
            given = request.headers.get("If-None-Match")
            if given is not None and unchanged(given, etag):
                del found["Content-Type"]
                return web.Response(status=304, headers=found)
        return web.Response(status=status, body=body, headers=found)
