"""The browsable page of every event, which core serves at `/docs/events`; the manifests say who hears what."""

from functools import cache

from aiohttp import web

from reptidex.services import all_services
from reptidex.services.hearing import hears_of
from reptidex.streams.asyncapi import document
from reptidex.streams.asyncapi_page import content_security_policy, page


@cache
def events_page() -> bytes:
    """Return the page; built when first asked for, since it takes in all six manifests."""
    return page(document(hears_of(all_services()))).encode()


async def show_events(request: web.BaseRequest) -> web.Response:
    """Answer the page. Contracts are public, and so is it."""
    policy = {"Content-Security-Policy": content_security_policy()}
    return web.Response(body=events_page(), content_type="text/html", charset="utf-8", headers=policy)
