"""The twin of the provider of texts: they stay in memory, and sending can be made to fail."""

from reptidex.connectors.texts.port import TextRefusedError, checked
from reptidex.errors import UnavailableError


class MemoryTexter:
    """`Texter` in memory. `stopped` numbers are refused for good, `down` fails every text for now."""

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

    async def aclose(self) -> None:
        """There are no connections."""
