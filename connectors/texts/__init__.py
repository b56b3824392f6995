"""Short text messages."""

from reptidex.connectors.texts.port import Texter
from reptidex.settings import Settings


def texter(settings: Settings, sender: str) -> Texter | None:
    """Build what sends texts from a number or messaging service; None where no account is set."""
    if not settings.twilio_account:
        return None
    from reptidex.connectors.texts.twilio import TwilioTexter

    return TwilioTexter(
        account=settings.twilio_account, token=settings.twilio_token, sender=sender, url=settings.twilio_url
    )
