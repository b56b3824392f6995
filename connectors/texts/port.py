"""Sending short text messages, in words of no provider."""

import re
from typing import Protocol

import msgspec

from reptidex.errors import DomainError, InvalidError

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
LONGEST = 1600


class TextRefusedError(DomainError):
    """The provider will not send to this number (wrong, barred, stopped by its owner), now or later."""

    title = "This text cannot be sent"

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class TextReport(msgspec.Struct, frozen=True):
    """What a provider says became of a text."""

    reference: str
    arrived: bool | None
    """None while it is under way."""


class Texter(Protocol):
    """Hands texts to a provider."""

    name: str
    """What events call the provider."""

    async def send(self, to: str, text: str, *, key: str) -> str:
        """Send a text to a number (E.164) and return the provider's reference.

        `key` keeps a repeat from being a second text where the provider knows such keys; Twilio does not, so a repeat after
        a lost answer may arrive twice. Raises `InvalidError`, `TextRefusedError`, or `UnavailableError` (retriable).
        """

    def report(self, raw: bytes, signature: str) -> TextReport:
        """Read a provider's report. Raises `UnauthenticatedError` where it is not the provider's, `InvalidError`."""

    async def aclose(self) -> None:
        """Close the connections."""


def checked(to: str, text: str) -> None:
    """Refuse what no provider would take. Raises `InvalidError`."""
    if NUMBER.fullmatch(to) is None:
        raise InvalidError("a telephone number reads +491701234567 (E.164)", "/to")
    if not 0 < len(text) <= LONGEST:
        raise InvalidError(f"a text has 1 to {LONGEST} characters", "/text")
