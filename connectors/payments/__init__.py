"""Payments."""

from reptidex.connectors.payments.port import PaymentGateway
from reptidex.settings import Settings


def gateways(settings: Settings) -> dict[str, PaymentGateway]:
    """Build the gateways by provider's name; a provider without a key is not offered."""
    found: dict[str, PaymentGateway] = {}
    if settings.stripe_key:
        from reptidex.connectors.payments.stripe import StripeGateway

        found["stripe"] = StripeGateway(
            key=settings.stripe_key, secrets=settings.stripe_webhook_secrets, url=settings.stripe_url
        )
    if settings.paypal_client_id:
        from reptidex.connectors.payments.paypal import PayPalGateway

        found["paypal"] = PayPalGateway(
            client_id=settings.paypal_client_id,
            secret=settings.paypal_client_secret,
            webhook_id=settings.paypal_webhook_id,
            url=settings.paypal_url,
            certificate_hosts=settings.paypal_cert_hosts,
        )
    return found
