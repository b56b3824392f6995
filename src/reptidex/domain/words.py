"""What people write, as it is taken. Pure."""

from reptidex.errors import InvalidError

JOINERS = "\u200c\u200d"
"""Not printable by themselves, and part of how Persian, Indian scripts and some emoji are written."""
LEAST_TITLE = 3


def _seen(text: str) -> int:
    return sum(mark.isprintable() and not mark.isspace() for mark in text)


def title(text: str) -> str:
    """Return a title as a single line, without what turns or hides text. Raises `InvalidError` where too little can be seen."""
    plain = "".join(mark if mark.isprintable() or mark in JOINERS else " " for mark in text)
    line = " ".join(plain.split())
    if _seen(line) < LEAST_TITLE:
        raise InvalidError(f"a title has at least {LEAST_TITLE} characters that can be seen", "/title")
    return line


def words(text: str) -> str:
    """Return a text as it is. Raises `InvalidError` where nothing can be seen of it."""
    if not _seen(text):
        raise InvalidError("a text has something to be read", "/text")
    return text
