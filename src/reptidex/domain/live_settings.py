"""What may be a live setting: all services read it, and the log keeps it, so no secret is one."""

import re
from typing import Any

import msgspec

from reptidex.errors import InvalidError

LONGEST = 2000
"""Characters of a value as JSON, as `config.updated` takes them."""
_NAME = re.compile(r"[a-z][a-z0-9]*([.-][a-z0-9]+)*")
_SECRETS = ("secret", "password", "token", "private")


def check_name(text: str, pointer: str = "") -> str:
    """Return the name of a setting or a feature. Raises `InvalidError` for another form."""
    if len(text) > 100 or not _NAME.fullmatch(text):
        raise InvalidError("a key is lower-case words joined by dots or dashes", pointer)
    return text


def check_no_secret(name: str, pointer: str = "") -> None:
    """Check that a setting is not called like a secret. Raises `InvalidError`."""
    if any(word in name.lower() for word in _SECRETS):
        raise InvalidError(
            "a live setting is read by all services and kept in the log: secrets do not belong there", pointer
        )


def value_text(value: Any) -> str | None:
    """Return a value as JSON; None, the default, for null. Raises `InvalidError` for one that is too long."""
    text = None if value is None else msgspec.json.encode(value, order="deterministic").decode()
    if text is not None and len(text) > LONGEST:
        raise InvalidError(f"a setting has at most {LONGEST} characters as JSON, this one has {len(text)}", "/value")
    return text
