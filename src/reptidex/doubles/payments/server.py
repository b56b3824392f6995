"""The payment double as one web application."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path

import msgspec
from aiohttp import web

from reptidex.doubles.payments.book import Book
from reptidex.doubles.payments.control import Control
from reptidex.doubles.payments.desk import Desk
from reptidex.doubles.payments.hooks import Hooks
from reptidex.doubles.payments.ledger import Ledger
from reptidex.doubles.payments.paypal_api import PayPalApi
from reptidex.doubles.payments.paypal_orders import PayPalOrders
from reptidex.doubles.payments.signing import PayPalCertificate, stripe_signer
from reptidex.doubles.payments.stripe_api import StripeApi
from reptidex.doubles.payments.stripe_intents import StripeIntents
from reptidex.doubles.web import served


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets that the double and the product share."""

    stripe_key: str = "sk_test_double"
    stripe_webhook_secrets: tuple[str, ...] = ("whsec_double",)
    paypal_client_id: str = "reptidex-local"
    paypal_client_secret: str = "secret-double"
    paypal_webhook_id: str = "WH-REPTIDEX-LOCAL"


class PaymentDouble:
    """Everything of a running payment double that a test may want to hold."""

    def __init__(
        self,
        *,
        keys: Keys | None = None,
        path: Path | None = None,
        seed: int = 1,
    ) -> None:
        self.keys = keys or Keys()
        self.url = ""
        self.book = Book(path, seed=seed, clock=time.time)
        self.desk = Desk(self.book)
        self.hooks = Hooks(self.book, self.desk)
        self.ledger = Ledger(self.book)

    @cached_property
    def certificate(self) -> PayPalCertificate:
        """PayPal's certificate, made when it is first needed."""
        return PayPalCertificate(self.book.now())

    @cached_property
    def _forger(self) -> PayPalCertificate:
        return PayPalCertificate(self.book.now())

    def app(self, url: str) -> web.Application:
        """Build the application that is reached at `url`."""
        self.url = url
        orders = PayPalOrders(self.book, self.ledger, self.hooks, url)
        keys = self.keys
        self._sign_as_paypal(url)
        intents = StripeIntents(self.book, self.ledger, self.hooks, url)
        self.hooks.signers["stripe"] = stripe_signer(lambda: self.keys.stripe_webhook_secrets)
        self.hooks.forgers["stripe"] = stripe_signer(lambda: ("whsec_forged",))
        app = web.Application()
        app.add_routes(StripeApi(self.book, self.desk, intents, keys.stripe_key, self.hooks.wake).routes())
        client = (keys.paypal_client_id, keys.paypal_client_secret)
        app.add_routes(PayPalApi(self.desk, orders, lambda: self.certificate, client, self.hooks.wake).routes())
        app.add_routes(Control(self.book, self.desk, self.hooks, self.ledger, intents, orders).routes())
        return app

    def _sign_as_paypal(self, url: str) -> None:
        def where() -> str:
            return f"{url}/v1/notifications/certs/{self.certificate.name}"

        def transmission() -> str:
            return self.book.fresh("", 36)

        webhook_id = self.keys.paypal_webhook_id

        def sign(body: bytes, at: float) -> Mapping[str, str]:
            return self.certificate.signer(webhook_id, where, transmission)(body, at)

        def forge(body: bytes, at: float) -> Mapping[str, str]:
            return self._forger.signer(webhook_id, where, transmission)(body, at)

        self.hooks.signers["paypal"], self.hooks.forgers["paypal"] = sign, forge

    def environment(self) -> dict[str, str]:
        """Return the settings with which the product finds this double."""
        return {
            "REPTIDEX_STRIPE_URL": self.url,
            "REPTIDEX_STRIPE_KEY": self.keys.stripe_key,
            "REPTIDEX_STRIPE_WEBHOOK_SECRETS": ",".join(self.keys.stripe_webhook_secrets),
            "REPTIDEX_PAYPAL_URL": self.url,
            "REPTIDEX_PAYPAL_CLIENT_ID": self.keys.paypal_client_id,
            "REPTIDEX_PAYPAL_CLIENT_SECRET": self.keys.paypal_client_secret,
            "REPTIDEX_PAYPAL_WEBHOOK_ID": self.keys.paypal_webhook_id,
            "REPTIDEX_PAYPAL_CERT_HOSTS": self.url.removeprefix("http://"),
        }


@asynccontextmanager
async def payment_double() -> AsyncIterator[PaymentDouble]:
    """Serve a payment double on loopback while the context is open; its address is `double.url`."""
    double = PaymentDouble()
    async with served(double.app):
        await double.hooks.start()
        try:
            yield double
        finally:
            await double.hooks.stop()
    double.book.close()
