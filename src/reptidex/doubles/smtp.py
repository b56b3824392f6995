"""An SMTP server that keeps every letter, shows them over HTTP, and refuses or fails on command."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import msgspec
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from reptidex.doubles.delivery import DeliveryReports
from reptidex.doubles.web import HOST

KEPT = 10_000


class MailFaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the provider misbehaves."""

    down: bool = False
    """Every letter is answered 451: try again later."""
    refused: tuple[str, ...] = ()
    """Addresses answered 550: there is no such mailbox."""
    returned: tuple[str, ...] = ()
    """Addresses whose letters are taken, and reported as come back."""
    fail_next: int = 0
    """So many letters are answered 451, and the ones after them are taken."""
    silent: bool = False
    """Letters are taken, and no delivery is reported."""


class MailCatcher:
    """The letters that arrived, oldest first, and the ways to make more fail."""

    def __init__(self, reports: DeliveryReports | None = None) -> None:
        self.reports = reports
        """Where deliveries are reported to; nowhere without it."""
        self.letters: list[dict[str, Any]] = []
        self.faults = MailFaults()
        self.url = ""

    def to(self, address: str) -> list[dict[str, Any]]:
        """Return the letters to one address."""
        return [letter for letter in self.letters if address.lower() in letter["to"]]

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the HTTP view: `GET /_mail?to=`, `DELETE /_mail`, `PUT /_mail/control`."""
        return [
            web.get("/_mail", self._show),
            web.delete("/_mail", self._clear),
            web.put("/_mail/control", self._control),
        ]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or say that there is no such mailbox (RFC 5321 section 3.3)."""
        if address.lower() in self.faults.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a letter."""
        if self.faults.down:
            return "451 4.3.0 try again later"
        if self.faults.fail_next:
            self.faults = msgspec.structs.replace(self.faults, fail_next=self.faults.fail_next - 1)
            return "451 4.3.0 try again later"
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        letter = _letter(message, [address.lower() for address in envelope.rcpt_tos])
        self.letters.append(letter)
        del self.letters[:-KEPT]
        if self.reports is not None and not self.faults.silent:
            back = not set(letter["to"]).isdisjoint(self.faults.returned)
            self.reports.report(letter["message_id"], "bounced" if back else "delivered")
        return "250 kept"

    async def _show(self, request: web.Request) -> web.Response:
        to = request.query.get("to")
        return _json(self.letters if to is None else self.to(to))

    async def _clear(self, request: web.Request) -> web.Response:
        self.letters.clear()
        return _json([])

    async def _control(self, request: web.Request) -> web.Response:
        try:
            self.faults = msgspec.json.decode(await request.read(), type=MailFaults)
        except (msgspec.DecodeError, msgspec.ValidationError) as problem:
            return _json({"problem": str(problem)}, 422)
        return _json(self.faults)


@asynccontextmanager
async def mail_catcher(catcher: MailCatcher | None = None, *, port: int = 0) -> AsyncIterator[MailCatcher]:
    """Take mail on loopback while the context is open; `catcher.url` is what `smtp_url` needs."""
    catcher = catcher or MailCatcher()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(catcher, enable_SMTPUTF8=True, loop=loop), HOST, port)
    catcher.url = f"smtp://{HOST}:{server.sockets[0].getsockname()[1]}"
    try:
        yield catcher
    finally:
        server.close()
        await server.wait_closed()


def _letter(message: EmailMessage, to: list[str]) -> dict[str, Any]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "to": to,
        "from": str(message["From"]),
        "subject": str(message["Subject"]),
        "message_id": str(message["Message-ID"]),
        "text": text.get_content().replace("\r\n", "\n") if text else "",
        "html": html.get_content().replace("\r\n", "\n") if html else "",
        "headers": {name: str(value) for name, value in message.items()},
    }


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
