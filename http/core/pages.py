"""The few pages that core shows to people who follow a link: a sentence, and perhaps a button that posts the link's token."""

from html import escape

from reptidex.http.server.routes import Raw
from reptidex.streams.pages import source_hash

SCRIPT = """
const form = document.forms[0];
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form));
  let text;
  try {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(values)});
    const said = await answer.json();
    text = said.said || said.detail || said.title;
    if (answer.ok) form.remove();
  } catch {
    text = "the server does not answer; try again in a minute";
  }
  document.querySelector("p").textContent = text[0].toUpperCase() + text.slice(1) + ".";
});
"""
STYLE = """
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 15vh auto; padding: 0 1rem; color: #1d2b1f }
button { font: inherit; padding: .5rem 1.5rem; background: #2f6b3a; color: #fff; border: 0; border-radius: .4rem }
input { font: inherit; padding: .4rem; width: 100%; margin-bottom: 1rem; box-sizing: border-box }
"""


POLICY = (
    f"default-src 'none'; script-src '{source_hash(SCRIPT)}'; style-src '{source_hash(STYLE)}'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def _whole(title: str, text: str, more: str = "") -> bytes:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title><style>{STYLE}</style></head>
<body><h1>{escape(title)}</h1><p role="status">{escape(text)}</p>{more}</body></html>
""".encode()


def _raw(body: bytes, status: int = 200) -> Raw:
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return Raw(body=body, content_type="text/html; charset=utf-8", status=status, headers=headers)


def notice(*, title: str, text: str, status: int = 200, link: tuple[str, str] = ("", "")) -> Raw:
    """Write a page that only says something, as a sentence; with a `link` (its words and where it leads) one may go on."""
    words, where = link
    more = f'<p><a href="{escape(where)}">{escape(words)}</a></p>' if where else ""
    return _raw(_whole(title, f"{text[:1].upper()}{text[1:]}.", more), status)


def page(*, title: str, text: str, button: str, action: str, token: str, password: bool = False) -> Raw:
    """Write a page with one form. Nothing on it comes from elsewhere, and the token is not passed on as a referrer."""
    field = ""
    if password:
        field = (
            '<label>New password<input type="password" name="password" autocomplete="new-password" required></label>'
        )
    form = f"""
<noscript><p>This takes JavaScript, which is off in your browser: turn it on, then open the link again.</p></noscript>
<form action="{escape(action)}" method="post">{field}<input type="hidden" name="token" value="{escape(token)}">
<button>{escape(button)}</button></form><script>{SCRIPT}</script>"""
    return _raw(_whole(title, text, form))
