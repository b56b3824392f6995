"""What our HTML pages share: sentences of docstrings as HTML, and the digest by which a policy lets in one script or style."""

import base64
import hashlib
import re
from html import escape

_MARKS = ((re.compile(r"`([^`]+)`"), r"<code>\1</code>"), (re.compile(r"\*([^*\s][^*]*)\*"), r"<i>\1</i>"))


def as_html(sentence: str) -> str:
    """Write a sentence as HTML: everything escaped, `code` and *emphasis* as elements."""
    text = escape(sentence)
    for mark, element in _MARKS:
        text = mark.sub(element, text)
    return text


def source_hash(source: str) -> str:
    """Return a script or style as a Content-Security-Policy names it (CSP Level 3, section 2.3.1), without its quotes."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
