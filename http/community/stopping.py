"""The page that a link in a mail leads to, which stops such mails; mail programs post to it by themselves (RFC 8058)."""

from html import escape
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.messages import TEMPLATES
from reptidex.errors import InvalidError
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Raw, Request, Routes
from reptidex.streams.commands.community import StopMails
from reptidex.streams.values import Key
from reptidex.tables.community.models import Preference

routes = Routes("notifications")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class StopLink(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the link."""

    template: Key
    token: Annotated[str, Meta(max_length=200)]


def _recipient(request: Request[object, StopLink]) -> str:
    query = request.query
    user_id: str = request.ports.stop_links.read(query.template, query.token)
    if not user_id:
        raise InvalidError("this is no link of ours", "/token")
    return user_id


def _page(template: str, text: str, form: str = "") -> Raw:
    title = escape(TEMPLATES[template].subject.replace("{", "").replace("}", ""))
    html = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>ReptiDex</title></head>
<body><h1>{escape(text)}</h1><p>Messages of the kind “{title}”.</p>{form}</body></html>
"""
    return Raw(body=html.encode(), content_type="text/html; charset=utf-8", headers=HEADERS)


@routes.get("/notifications/unsubscribe", policy=public(cost=2), errors=(422,))
async def show_stop(request: Request[None, StopLink]) -> Raw:
    """Show the button that stops such mails: programs that only look at links stop nothing."""
    _recipient(request)
    form = '<form method="post"><button>Stop these mails</button></form>'
    return _page(request.query.template, "Do you want no more of these by mail?", form)


@routes.post("/notifications/unsubscribe", policy=public(cost=2), errors=(404, 422))
async def stop_mails(request: Request[bytes, StopLink]) -> Raw:
    """Stop such mails to the person of the link; what stands in the application stays."""
    await request.ask(StopMails(user_id=_recipient(request), template=request.query.template), Preference)
    return _page(request.query.template, "You get no more of these by mail.")
