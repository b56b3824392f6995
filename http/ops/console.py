"""The console: a page that draws the chain of one request, for people who run the platform."""

import re
from importlib.resources import files

from reptidex.http.middlewares.security import digest_source
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Raw, Request, Routes

routes = Routes("console")

PAGE = files("reptidex.http.ops").joinpath("pages/console.html").read_text()
_PARTS = re.search(r"<style>(?P<style>.*?)</style>.*<script>(?P<script>.*?)</script>", PAGE, re.DOTALL)
assert _PARTS is not None
POLICY = (
    f"default-src 'none'; script-src '{digest_source(_PARTS['script'])}'; style-src '{digest_source(_PARTS['style'])}'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""An administrator types a token into the page: nothing but its own script reads it, and nobody frames it."""


@routes.get("/console", policy=public())
async def show_console(request: Request[None, None]) -> Raw:
    """Show the page; the data behind it needs a token, which stays in the page."""
    return Raw(body=PAGE.encode(), content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})
