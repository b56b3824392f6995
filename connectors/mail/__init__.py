"""Electronic mail."""

from reptidex.connectors.mail.port import Mailer
from reptidex.connectors.mail.smtp import SmtpMailer
from reptidex.settings import Settings


def mailer(settings: Settings) -> Mailer:
    """Build what sends mail, from `smtp_url` and `mail_from`."""
    return SmtpMailer(settings.smtp_url, settings.mail_from)
