"""A letter through a real SMTP server, and the server's report back to our own webhook."""

from reptidex.connectors.mail.port import Letter
from reptidex.connectors.mail.smtp import SmtpMailer
from reptidex.domain.messages import Words
from reptidex.doubles.delivery import DeliveryReports
from reptidex.doubles.smtp import MailCatcher, MailFaults, mail_catcher
from reptidex.streams.community import NotificationDelivered
from reptidex.tables.community import queries
from reptidex.tables.community.models import Notification
from reptidex.tables.query import select
from reptidex.testing import eventually
from tests.unit.community.square import Square
from tests.unit.community.town import SAM, SECRET, newcomer


async def _caught(square: Square, secret: str, waits_s: tuple[float, ...], faults: MailFaults) -> DeliveryReports:
    """Send Sam's welcome through an SMTP server that reports to the square."""
    reports = DeliveryReports(str(square.client.make_url("/webhooks/mail")), secret, waits_s=waits_s)
    catcher = MailCatcher(reports)
    catcher.faults = faults
    async with mail_catcher(catcher) as open_catcher:
        mailer = SmtpMailer(open_catcher.url, "ReptiDex <hello@reptidex.example>")

        async def mail(email: str, words: Words, *, key: str, unsubscribe: str = "") -> str:
            return await mailer.send(Letter(to=email, subject=words.subject, text=words.text), key=key)

        square.town.ports.mail = mail
        await square.town.hear(newcomer())
    return reports


async def _message(square: Square) -> Notification:
    [message] = await square.town.harness.find(select(Notification))
    return message


async def test_a_letter_that_the_server_took_is_reported_and_so_delivered(square: Square) -> None:
    reports = await _caught(square, SECRET, (0.01, 0.1, 0.5, 1.0), MailFaults())
    await eventually(lambda: reports.accepted == 1)
    await reports.aclose()
    square.town.harness.now = max(
        square.town.harness.now, (await _message(square)).settles_at or square.town.harness.now
    )
    await square.town.harness.advance()

    assert (await _message(square)).status == "delivered"
    assert isinstance(square.town.harness.events[-1].data, NotificationDelivered)


async def test_reports_signed_with_another_secret_are_given_up(square: Square) -> None:
    reports = await _caught(square, "another secret", (0.01, 0.01), MailFaults())
    await eventually(lambda: reports.given_up == 1)
    await reports.aclose()

    assert (await _message(square)).status == "sent"


async def test_a_letter_that_comes_back_is_the_last_that_goes_there(square: Square) -> None:
    reports = await _caught(square, SECRET, (0.01, 0.1, 0.5, 1.0), MailFaults(returned=("u01@example.com",)))
    await eventually(lambda: reports.accepted == 1)
    await reports.aclose()
    await square.town.settle()

    [refusal] = await square.town.harness.find(queries.refusals())
    assert (refusal.recipient_id, refusal.reason) == (SAM, "the letter came back")


async def test_a_silent_server_reports_nothing(square: Square) -> None:
    reports = await _caught(square, SECRET, (0.0,), MailFaults(silent=True))
    await reports.aclose()

    assert (reports.accepted, reports.given_up) == (0, 0)
