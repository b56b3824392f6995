"""The console: a page that shows how the services do, and draws the chain of one request, for people who run the platform."""

from importlib.resources import files

from reptidex.http.server.policy import public
from reptidex.http.server.routes import Raw, Request, Routes
from reptidex.streams.pages import source_hash

routes = Routes("console")

STYLE, SCRIPT, FRAME = (
    files("reptidex.http.ops").joinpath(f"pages/console.{kind}").read_text() for kind in ("css", "js", "html")
)
PAGE = FRAME.replace("__STYLE__", STYLE).replace("__SCRIPT__", SCRIPT).encode()
POLICY = (
    f"default-src 'none'; script-src '{source_hash(SCRIPT)}'; style-src '{source_hash(STYLE)}'; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


@routes.get("/console", policy=public())
async def show_console(request: Request[None, None]) -> Raw:
    """Show the page; the data behind it needs a token, which stays in the page."""
    return Raw(body=PAGE, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})
