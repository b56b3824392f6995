"""Short text messages."""

from reptidex.connectors.texts.port import Texter
from reptidex.errors import SettingsError
from reptidex.settings import Settings


def texter(settings: Settings) -> Texter | None:
    """Build what sends texts; None where no account is set. Raises `SettingsError` for an account without a sender."""
    if not settings.twilio_account:
        return None
    if not settings.twilio_sender:
        raise SettingsError(
            "REPTIDEX_TWILIO_SENDER: texts need a number (+15005550006) or messaging service (MG…) to come from"
        )
    from reptidex.connectors.texts.twilio import TwilioTexter

    return TwilioTexter(
        account=settings.twilio_account,
        token=settings.twilio_token,
        sender=settings.twilio_sender,
        url=settings.twilio_url,
        reports=settings.twilio_reports,
    )
