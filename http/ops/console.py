"""The console: a page that draws the chain of one request, for people who run the platform."""

from importlib.resources import files

from reptidex.http.server.policy import public
from reptidex.http.server.routes import Raw, Request, Routes

routes = Routes("console")

PAGE = files("reptidex.http.ops").joinpath("pages/console.html").read_text()


@routes.get("/console", policy=public())
async def show_console(request: Request[None, None]) -> Raw:
    """Show the page; the data behind it needs a token, which stays in the page."""
    nonce = request.request_id.replace("-", "")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; connect-src 'self'"
    body = PAGE.replace("__NONCE__", nonce).encode()
    return Raw(body=body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})
