"""Sending short text messages, in words of no provider."""

import re
from typing import Protocol

from reptidex.errors import DomainError, InvalidError

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
LONGEST = 1600


class TextRefusedError(DomainError):
    """The provider will not send to this number (wrong, barred, stopped by its owner), now or later."""

    title = "This text cannot be sent"

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Texter(Protocol):
    """Hands texts to a provider."""

    async def send(self, to: str, text: str, *, key: str) -> str:
        """Send a text to a number (E.164) and return the provider's reference.

        `key` keeps a repeat from being a second text where the provider knows such keys; Twilio does not, so a repeat after
        a lost answer may arrive twice. Raises `InvalidError`, `TextRefusedError`, or `UnavailableError` (retriable).
        """

    async def aclose(self) -> None:
        """Close the connections."""


def checked(to: str, text: str) -> None:
    """Refuse what no provider would take. Raises `InvalidError`."""
    if NUMBER.fullmatch(to) is None:
        raise InvalidError("a telephone number reads +491701234567 (E.164)", "/to")
    if not 0 < len(text) <= LONGEST:
        raise InvalidError(f"a text has 1 to {LONGEST} characters", "/text")
