"""Mail over SMTP (RFC 5321): `smtp://user:secret@host:587`, or `smtps://` for TLS from the first byte.

`smtp://` to another machine insists on STARTTLS; only to loopback a plain connection is taken.
"""

import re
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from reptidex.connectors.mail.port import Letter, UndeliverableError, compose
from reptidex.connectors.services.breaker import Breaker
from reptidex.errors import SettingsError, UnavailableError

FAILURES, REST_S = 5, 10.0
"""After so many letters in a row that found nobody to talk to, for so long."""


def _now() -> datetime:
    return datetime.now(UTC)


class SmtpMailer:
    """`Mailer` on an SMTP server; one connection a letter.

    A server that cannot be spoken to is left alone for a while after a few letters: else those that wait for its silence keep
    everything from being done that is asked for beside them.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        clock: Callable[[], datetime] = _now,
        timeout_s: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SettingsError("smtp_url must read smtp://host:port or smtps://host:port")
        self._host, self._secure = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._secure else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender, self._clock, self._timeout_s = sender, clock, timeout_s
        self._breaker = Breaker("mail", clock=monotonic, failures=FAILURES, rest_s=REST_S)

    async def send(self, letter: Letter, *, key: str) -> str:
        """Send a letter. A code of 500 and above is for good (RFC 5321 section 4.2.1), a lower one for now."""
        message = compose(letter, sender=self._sender, key=key, now=self._clock())
        refused: UndeliverableError | UnavailableError | None = None
        with self._breaker.guard():
            refused = await self._hand_over(message)
        if refused is not None:
            raise refused
        return str(message["Message-ID"])

    async def _hand_over(self, message: EmailMessage) -> UndeliverableError | UnavailableError | None:
        """Return what the server has against a letter. Raises `UnavailableError` where it cannot be spoken to."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user or None,
                password=self._password or None,
                use_tls=self._secure,
                start_tls=None if self._secure or _is_loopback(self._host) else True,
                timeout=self._timeout_s,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            first = refused.recipients[0]
            return _failure(first.code, first.message, mailbox=refuses_mailbox(first.code, first.message))
        except aiosmtplib.SMTPAuthenticationError as problem:
            raise UnavailableError("mail", "the server refuses our credentials") from problem
        except aiosmtplib.SMTPResponseException as problem:
            return _failure(problem.code, problem.message)
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as problem:
            raise UnavailableError("mail", type(problem).__name__) from problem
        return None

    async def aclose(self) -> None:
        """Nothing is open between letters."""


_ADDRESS = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+")


_STATUS = re.compile(r"5\.(\d{1,3})\.(\d{1,3})\b")
_MAILBOX_CODES = frozenset({550, 551, 553})
_MAILBOX_DETAILS = frozenset({("1", each) for each in ("0", "1", "2", "3", "4", "6", "10")} | {("2", "1")})


def refuses_mailbox(code: int, reason: str) -> bool:
    """Say whether an answer to RCPT is about the mailbox: there is none (X.1.*, but for the sender's X.1.7 and X.1.8), or it is
    disabled (X.2.1). A server without enhanced status codes says so by 550, 551 and 553.

    Sources: RFC 3463 sections 3.2 and 3.3; RFC 7505 section 4.2; RFC 5321 section 4.2.3.
    """
    found = _STATUS.match(reason)
    return code in _MAILBOX_CODES if found is None else code >= 500 and found.groups() in _MAILBOX_DETAILS


def _failure(code: int, reason: str, *, mailbox: bool = False) -> UndeliverableError | UnavailableError:
    """Return the error for an answer of the server, which likes to repeat the address: that belongs into no log."""
    reason = _ADDRESS.sub("…", reason)
    if code >= 500:
        return UndeliverableError(code, reason, mailbox=mailbox)
    return UnavailableError("mail", f"{code} {reason}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
