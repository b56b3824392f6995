"""Sending electronic mail, in words of no provider."""

import hashlib
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Protocol

import msgspec

from reptidex.errors import DomainError, InvalidError


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to one person; the same words twice, as text and as HTML, so that every reader can read it."""

    to: str
    subject: str
    text: str
    html: str = ""
    unsubscribe: str = ""
    """The address of the page that stops such mails (RFC 8058), for what is not strictly needed."""


class UndeliverableError(DomainError):
    """The receiving side refuses this letter for good; sending it again changes nothing."""

    title = "This mail cannot be delivered"

    def __init__(self, code: int, reason: str, *, mailbox: bool = False) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason
        self.mailbox = mailbox
        """Whether it is the mailbox that is refused (there is none, or it is closed), and not this letter, or us."""


class Mailer(Protocol):
    """Hands letters to a provider."""

    async def send(self, letter: Letter, *, key: str) -> str:
        """Hand over a letter and return its Message-ID, which is derived from `key`: the same on every attempt.

        Raises `InvalidError` (no address, or a line break in the subject), `UndeliverableError`, or `UnavailableError`
        (retriable; the letter may have been taken, and a repeat carries the same Message-ID).
        """

    async def aclose(self) -> None:
        """Close the connections."""


def message_id(key: str, sender: str) -> str:
    """Derive a Message-ID (RFC 5322 section 3.6.4) from an idempotency key and the sender's domain."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def compose(letter: Letter, *, sender: str, key: str, now: datetime) -> EmailMessage:
    """Write a letter as a message (RFC 5322). Raises `InvalidError`."""
    try:
        to = Address(addr_spec=letter.to)
    except (ValueError, IndexError, MessageError) as problem:
        raise InvalidError("this is no e-mail address", "/to") from problem
    if not to.username or "." not in to.domain.strip("."):
        raise InvalidError("this is no e-mail address", "/to")
    if any(mark in letter.subject for mark in "\r\n\0"):
        raise InvalidError("a subject is a single line", "/subject")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(key, sender)
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message
