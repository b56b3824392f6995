"""The twin of the provider of texts: they stay in memory, and sending can be made to fail."""

from reptidex.connectors.texts.port import TextRefusedError, TextReport, checked
from reptidex.errors import InvalidError, UnauthenticatedError, UnavailableError

OUTCOMES = {"delivered": True, "undelivered": False, "sent": None}


class MemoryTexter:
    """`Texter` in memory. `stopped` numbers are refused for good, `down` fails every text for now.

    Its reports read `<reference> <outcome>` and are signed `twin`.
    """

    name = "memory"

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.stopped: set[str] = set()
        self.down = False

    async def send(self, to: str, text: str, *, key: str) -> str:
        """Keep the text, unless it is to fail."""
        checked(to, text)
        if self.down:
            raise UnavailableError("texts", "the twin was told to be down")
        if to in self.stopped:
            raise TextRefusedError("21610", "the receiver has said STOP")
        self.sent.append((to, text))
        return f"text_{len(self.sent)}"

    def report(self, raw: bytes, signature: str) -> TextReport:
        """Read a report."""
        if signature != "twin":
            raise UnauthenticatedError("the report's signature is not the provider's")
        reference, _, outcome = raw.decode().partition(" ")
        if outcome not in OUTCOMES:
            raise InvalidError("there is no such outcome")
        return TextReport(reference, OUTCOMES[outcome])

    async def aclose(self) -> None:
        """There are no connections."""
