"""The twin of the mail provider: letters stay in memory, and the provider can be made to fail."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

from reptidex.connectors.mail.port import Letter, UndeliverableError, compose
from reptidex.errors import UnavailableError


class MemoryMailer:
    """`Mailer` in memory. `refused` are mailboxes that do not exist, `down` fails every letter for now."""

    def __init__(
        self, sender: str = "ReptiDex <hello@reptidex.example>", *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.sent: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.down = False
        self._sender, self._clock = sender, clock or (lambda: datetime.now(UTC))

    async def send(self, letter: Letter, *, key: str) -> str:
        """Keep the letter, unless it is to fail."""
        message = compose(letter, sender=self._sender, key=key, now=self._clock())
        if self.down:
            raise UnavailableError("mail", "451 try again later")
        if letter.to in self.refused:
            raise UndeliverableError(550, "5.1.1 no such mailbox", mailbox=True)
        self.sent.append(message)
        return str(message["Message-ID"])

    async def aclose(self) -> None:
        """There are no connections."""
