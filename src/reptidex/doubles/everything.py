"""All doubles in one process, and the settings with which the product finds them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from reptidex.doubles.identity import IdentityDouble
from reptidex.doubles.payments.server import Keys, PaymentDouble
from reptidex.doubles.texts import TextCatcher
from reptidex.doubles.web import HOST, served

if TYPE_CHECKING:
    from reptidex.doubles.smtp import MailCatcher

PROVIDERS = ("stripe", "paypal")


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """The ports on loopback; 0 takes a free one, None leaves the double out."""

    payments: int | None = 0
    """Payments, texts, sign-in elsewhere, and all views over HTTP (`/_ledger`, `/_mail`, `/_texts`, `/_control`)."""
    smtp: int | None = 0
    mail_view: int | None = None
    """A second place of `/_mail`, by itself."""
    host: str = HOST
    """Where payments and views listen; mail and AWS never leave loopback."""
    public_url: str = ""
    """The address of payments as others see it, where that is not the one listened on."""
    aws: int | None = 0


@dataclass
class Doubles:
    """What runs, and its settings as environment variables."""

    payments: PaymentDouble
    texts: TextCatcher
    environment: dict[str, str]
    mail: "MailCatcher | None" = None


@asynccontextmanager
async def doubles(
    ports: Ports,
    *,
    state: Path | None = None,
    seed: int = 1,
    keys: Keys | None = None,
    webhooks: str = "",
    delivery_reports: tuple[str, str] = ("", ""),
    sign_in_secret: str = "shh",
    twilio_token: str = "token_double",
) -> AsyncIterator[Doubles]:
    """Run the doubles while the context is open.

    `state` is the folder that keeps ledger, keys and files (memory without it); webhooks go to `<webhooks>/webhooks/<provider>`.
    `delivery_reports` is the address that the mail double reports to, and the secret that it signs with; `sign_in_secret` is
    what Google's and GitHub's doubles know their client by, `twilio_token` what Twilio's does.
    """
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
    payments = PaymentDouble(keys=keys, path=state / "payments.sqlite" if state else None, seed=seed)
    if webhooks:
        payments.hooks.targets.update({name: f"{webhooks.rstrip('/')}/webhooks/{name}" for name in PROVIDERS})
    found = Doubles(payments=payments, texts=TextCatcher(token=twilio_token), environment={})
    async with AsyncExitStack() as stack:
        stack.push_async_callback(found.texts.reports.aclose)
        if ports.smtp is not None:
            await _mail(found, ports.smtp, stack, *delivery_reports)
        if ports.payments is not None:
            place: Any = {"port": ports.payments, "host": ports.host, "public_url": ports.public_url}
            identity = IdentityDouble(secret=sign_in_secret)

            def build(url: str) -> web.Application:
                app = _with_views(payments.app(url), found)
                app.add_routes(identity.routes(url))
                return app

            await stack.enter_async_context(served(build, **place))
            await payments.hooks.start()
            stack.push_async_callback(payments.hooks.stop)
            found.environment |= payments.environment() | found.texts.environment(payments.url)
        if ports.mail_view is not None:
            await stack.enter_async_context(
                served(lambda url: _with_views(web.Application(), found), port=ports.mail_view)
            )
        if ports.aws is not None:
            await _aws(found, ports.aws, state / "aws" if state else None, stack)
        yield found
    payments.book.close()


def _with_views(app: web.Application, found: Doubles) -> web.Application:
    app.add_routes(found.texts.routes())
    if found.mail is not None:
        app.add_routes(found.mail.routes())
    return app


async def _mail(found: Doubles, port: int, stack: AsyncExitStack, report_to: str, secret: str) -> None:
    from reptidex.doubles.delivery import DeliveryReports
    from reptidex.doubles.smtp import MailCatcher, mail_catcher

    reports = DeliveryReports(report_to, secret) if report_to else None
    if reports is not None:
        stack.push_async_callback(reports.aclose)
    found.mail = await stack.enter_async_context(mail_catcher(MailCatcher(reports), port=port))
    found.environment["REPTIDEX_SMTP_URL"] = found.mail.url


async def _aws(found: Doubles, port: int, state: Path | None, stack: AsyncExitStack) -> None:
    from reptidex.doubles.aws import aws_double

    aws = await stack.enter_async_context(aws_double(port=port, state=state))
    found.environment |= {"REPTIDEX_AWS_ENDPOINT": aws.url, "REPTIDEX_AWS_REGION": aws.region}
