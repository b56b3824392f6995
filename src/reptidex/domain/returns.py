"""Where an app may have a sign-in in the system's browser lead back to (RFC 8252, section 7; RFC 9700, section 2.1)."""

import re

_PATH = r"(/[A-Za-z0-9._~/-]*)?"
_WEB = re.compile(rf"https://[a-z0-9.-]+(:[0-9]{{1,5}})?{_PATH}")
_APP = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/[A-Za-z0-9._~/-]*")
_LOOPBACK = re.compile(rf"(?P<host>http://(127\.0\.0\.1|\[::1\]))(:[0-9]{{1,5}})?(?P<path>{_PATH})")


def is_return_address(text: str) -> bool:
    """Tell whether an app can be reached so that nobody else hears what it is told.

    By HTTPS, on the person's own machine (`http://127.0.0.1/…`, `http://[::1]/…`), or by a scheme of the app's own, which has a
    period as a domain has (`com.example.app:/…`). Without a query and a fragment: these are ours.
    """
    return any(form.fullmatch(text) for form in (_WEB, _APP, _LOOPBACK))


def is_registered(text: str, registered: tuple[str, ...]) -> bool:
    """Tell whether an address is one of those registered: letter for letter, but for the port on the person's own machine."""
    return text in registered or ((here := _portless(text)) != "" and here in map(_portless, registered))


def _portless(text: str) -> str:
    found = _LOOPBACK.fullmatch(text)
    return found["host"] + found["path"] if found else ""
