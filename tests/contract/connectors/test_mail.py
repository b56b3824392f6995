"""Every mailer keeps the promises of its port: the twin, and SMTP against the catcher."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from aiosmtpd.smtp import SMTP

from reptidex.connectors.mail import mailer
from reptidex.connectors.mail.memory import MemoryMailer
from reptidex.connectors.mail.port import Letter, Mailer, UndeliverableError
from reptidex.connectors.mail.smtp import SmtpMailer
from reptidex.doubles.smtp import MailCatcher, MailFaults
from reptidex.errors import InvalidError, SettingsError, UnavailableError
from reptidex.settings import Settings

SENDER = "ReptiDex <hello@reptidex.example>"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WELCOME = Letter(to="bea@example.org", subject="Willkommen, Beä", text="Hello Bea\n", html="<p>Hello Bea</p>\n")


class Post(Protocol):
    """A mailer and what arrived."""

    @property
    def mailer(self) -> Mailer: ...
    def arrived(self) -> list[dict[str, Any]]: ...
    def go_down(self) -> None: ...
    def refuse(self, address: str) -> None: ...


class TwinPost:
    def __init__(self) -> None:
        self.mailer = self.twin = MemoryMailer(SENDER, clock=lambda: NOON)

    def arrived(self) -> list[dict[str, Any]]:
        return [
            {
                "to": [str(sent["To"])],
                "subject": str(sent["Subject"]),
                "message_id": str(sent["Message-ID"]),
                "text": sent.get_body(("plain",)).get_content().replace("\r\n", "\n"),  # type: ignore[union-attr]
                "html": sent.get_body(("html",)).get_content().replace("\r\n", "\n"),  # type: ignore[union-attr]
                "headers": dict(sent.items()),
            }
            for sent in self.twin.sent
        ]

    def go_down(self) -> None:
        self.twin.down = True

    def refuse(self, address: str) -> None:
        self.twin.refused.add(address)


class SmtpPost:
    def __init__(self, catcher: MailCatcher) -> None:
        self.catcher = catcher
        self.mailer = SmtpMailer(catcher.url, SENDER, clock=lambda: NOON)

    def arrived(self) -> list[dict[str, Any]]:
        return self.catcher.letters

    def go_down(self) -> None:
        self.catcher.faults = MailFaults(down=True)

    def refuse(self, address: str) -> None:
        self.catcher.faults = MailFaults(refused=(address,))


@pytest.fixture(params=["memory", "smtp"])
async def post(request: pytest.FixtureRequest, catcher: MailCatcher) -> AsyncIterator[Post]:
    made: Post = TwinPost() if request.param == "memory" else SmtpPost(catcher)
    yield made
    await made.mailer.aclose()


async def test_a_letter_arrives_as_text_and_as_html(post: Post) -> None:
    await post.mailer.send(WELCOME, key="user-1/welcome")
    [letter] = post.arrived()

    assert (letter["to"], letter["subject"]) == (["bea@example.org"], "Willkommen, Beä")
    assert (letter["text"], letter["html"]) == ("Hello Bea\n", "<p>Hello Bea</p>\n")


async def test_the_same_key_gives_the_same_message_id(post: Post) -> None:
    first = await post.mailer.send(WELCOME, key="user-1/welcome")
    again = await post.mailer.send(WELCOME, key="user-1/welcome")
    other = await post.mailer.send(WELCOME, key="user-2/welcome")

    assert (first == again, first == other) == (True, False)
    assert [letter["message_id"] for letter in post.arrived()] == [first, again, other]


async def test_a_letter_says_who_sent_it_and_that_a_machine_did(post: Post) -> None:
    await post.mailer.send(WELCOME, key="k")
    headers = post.arrived()[0]["headers"]

    assert (headers["From"], headers["Auto-Submitted"]) == (SENDER, "auto-generated")


async def test_a_newsletter_can_be_stopped_with_one_click(post: Post) -> None:
    letter = Letter(
        to="bea@example.org", subject="News", text="n", html="n", unsubscribe="https://reptidex.example/stop/1"
    )
    await post.mailer.send(letter, key="k")

    assert post.arrived()[0]["headers"]["List-Unsubscribe"] == "<https://reptidex.example/stop/1>"


@pytest.mark.parametrize(
    "to", ["", "bea", "bea@", "@example.org", "a@b@c.d", "bea@localhost", "bea@example.org\r\nBcc: x@y.z", "a, b@c.de"]
)
async def test_what_is_no_address_is_refused_before_sending(post: Post, to: str) -> None:
    with pytest.raises(InvalidError):
        await post.mailer.send(Letter(to=to, subject="s", text="t"), key="k")
    assert post.arrived() == []


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.z", "a\nb", "a\0b"])
async def test_a_subject_cannot_carry_other_headers(post: Post, subject: str) -> None:
    with pytest.raises(InvalidError):
        await post.mailer.send(Letter(to="bea@example.org", subject=subject, text="t"), key="k")


async def test_a_mailbox_that_is_not_there_is_refused_for_good(post: Post) -> None:
    post.refuse("bea@example.org")

    with pytest.raises(UndeliverableError) as refused:
        await post.mailer.send(WELCOME, key="k")
    assert (refused.value.code, refused.value.retriable, refused.value.mailbox) == (550, False, True)


async def test_a_provider_in_trouble_may_be_tried_again(post: Post) -> None:
    post.go_down()

    with pytest.raises(UnavailableError) as down:
        await post.mailer.send(WELCOME, key="k")
    assert down.value.retriable


async def test_a_provider_that_fails_twice_takes_the_third_try(catcher: MailCatcher) -> None:
    catcher.faults = MailFaults(fail_next=2)
    sender = SmtpMailer(catcher.url, SENDER)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await sender.send(WELCOME, key="k")
    await sender.send(WELCOME, key="k")

    assert len(catcher.to("bea@example.org")) == 1


async def test_a_server_that_is_not_there_may_be_tried_again() -> None:
    with pytest.raises(UnavailableError):
        await SmtpMailer("smtp://127.0.0.1:1", SENDER).send(WELCOME, key="k")


async def test_mail_to_another_machine_insists_on_encryption(
    catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reptidex.connectors.mail.smtp._is_loopback", lambda host: False)

    with pytest.raises(UnavailableError):
        await SmtpMailer(catcher.url, SENDER).send(WELCOME, key="k")
    assert catcher.letters == []


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail:25"])
def test_a_url_that_is_none_of_smtp_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="smtp_url"):
        SmtpMailer(url, SENDER)


def test_the_settings_build_a_mailer() -> None:
    assert isinstance(mailer(Settings()), SmtpMailer)


class Greylister:
    """Says no for now, and to whom."""

    def __init__(self, code: int) -> None:
        self.code = code

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        return f"{self.code} 4.7.1 <{address}>: Recipient address rejected: greylisted"


@pytest.mark.parametrize(("code", "error"), [(450, UnavailableError), (550, UndeliverableError)])
async def test_an_answer_that_repeats_the_address_is_told_without_it(code: int, error: type[Exception]) -> None:
    listening = await asyncio.get_running_loop().create_server(lambda: SMTP(Greylister(code)), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]

    with pytest.raises(error) as told:
        await SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER).send(WELCOME, key="k")
    listening.close()

    assert "greylisted" in str(told.value) and "bea" not in str(told.value)


class Refuser:
    """Answers a command in its own way."""

    def __init__(self, command: str, answer: str) -> None:
        self._answer = answer
        setattr(self, f"handle_{command}", self._refuse)

    async def _refuse(self, server: Any, session: Any, envelope: Any, *more: Any) -> str:
        return self._answer


@pytest.mark.parametrize(
    ("command", "answer", "mailbox"),
    [
        ("RCPT", "550 5.1.1 no such user", True),
        ("RCPT", "556 5.1.10 this domain takes no mail", True),
        ("RCPT", "550 5.2.1 the mailbox is disabled", True),
        ("RCPT", "550 no such user here", True),
        ("RCPT", "553 no such name", True),
        ("RCPT", "550 5.7.1 your network is on a list", False),
        ("RCPT", "550 5.1.8 the sender's domain does not exist", False),
        ("RCPT", "552 5.2.2 the mailbox is full", False),
        ("RCPT", "554 not today", False),
        ("MAIL", "550 5.1.0 the sender is refused", False),
        ("DATA", "550 5.1.1 looks like an advertisement", False),
    ],
)
async def test_a_refusal_says_whether_it_is_the_mailbox_that_is_refused(
    command: str, answer: str, mailbox: bool
) -> None:
    listening = await asyncio.get_running_loop().create_server(lambda: SMTP(Refuser(command, answer)), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]

    with pytest.raises(UndeliverableError) as told:
        await SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER).send(WELCOME, key="k")
    listening.close()

    assert (told.value.mailbox, str(told.value)) == (mailbox, answer)


async def test_a_server_that_only_keeps_silent_is_left_alone_for_a_while() -> None:
    met: list[asyncio.StreamWriter] = []

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(writer)
        await reader.read()
        writer.close()

    now = [0.0]
    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        silent = SmtpMailer(f"smtp://{host}:{port}", SENDER, timeout_s=0.05, monotonic=lambda: now[0])
        for letter in range(8):
            with pytest.raises(UnavailableError):
                await silent.send(WELCOME, key=str(letter))
        tried = len(met)
        now[0] += 60
        with pytest.raises(UnavailableError):
            await silent.send(WELCOME, key="later")

    assert (tried, len(met)) == (5, 6)


async def test_a_server_that_puts_letters_off_is_not_left_alone(catcher: MailCatcher) -> None:
    busy = SmtpMailer(catcher.url, SENDER)
    catcher.faults = MailFaults(down=True)
    for letter in range(8):
        with pytest.raises(UnavailableError, match=r"4[0-9]{2}"):
            await busy.send(WELCOME, key=str(letter))
    catcher.faults = MailFaults()

    assert await busy.send(WELCOME, key="at last")
