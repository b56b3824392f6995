"""`python -m reptidex.doubles`: the outside world of a development platform, on loopback, in one process."""

import argparse
import asyncio
import logging
import os
import secrets
import signal
from pathlib import Path

import msgspec

from reptidex.doubles.everything import Ports, doubles
from reptidex.doubles.payments.server import Keys
from reptidex.doubles.web import HOST


def parser() -> argparse.ArgumentParser:
    """Return the command line; a port left out leaves its double out."""
    made = argparse.ArgumentParser(prog="reptidex.doubles", description=__doc__)
    made.add_argument(
        "--payments", type=int, metavar="PORT", help="Stripe, PayPal, Twilio, sign-in elsewhere, the views over HTTP"
    )
    made.add_argument("--smtp", type=int, metavar="PORT", help="the mail catcher")
    made.add_argument("--mail-view", type=int, metavar="PORT", help="a second place for the letters over HTTP")
    made.add_argument("--aws", type=int, metavar="PORT", help="AWS by moto")
    made.add_argument("--host", default=HOST, help="where payments and views listen (default: %(default)s)")
    made.add_argument(
        "--public-url", default="", metavar="URL", help="how others reach payments, if not by that address"
    )
    made.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="keeps ledger, keys and files; in memory without it"
    )
    made.add_argument("--ready-file", type=Path, metavar="FILE", help="written, with the settings, when all is up")
    made.add_argument("--seed", type=int, default=1, help="what ids and faults are drawn from")
    made.add_argument(
        "--secrets-dir", type=Path, metavar="DIR", help="files named like the settings, with what both share"
    )
    made.add_argument(
        "--webhooks", default="http://127.0.0.1:8001", metavar="URL", help="goes before /webhooks/<provider>"
    )
    made.add_argument(
        "--delivery-reports", default="", metavar="URL", help="where the mail catcher reports each letter as delivered"
    )
    return made


def shared_keys(folder: Path) -> Keys:
    """Read the secrets that the product uses too; the double's own where a file is not there."""
    found: dict[str, object] = {}
    for name in ("stripe_key", "stripe_webhook_secrets", "paypal_client_secret"):
        if (file := folder / name).exists():
            value = file.read_text().strip()
            found[name] = tuple(value.split(",")) if name == "stripe_webhook_secrets" else value
    return msgspec.convert(found, Keys)


def shared_secret(folder: Path | None, name: str) -> str:
    """Read a secret that the product has too; empty, which nobody accepts, where the file is not there."""
    file = folder / name if folder else None
    return file.read_text().strip() if file and file.exists() else ""


async def run(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT."""
    ports = Ports(
        payments=options.payments,
        smtp=options.smtp,
        mail_view=options.mail_view,
        aws=options.aws,
        host=options.host,
        public_url=options.public_url,
    )
    keys = shared_keys(options.secrets_dir) if options.secrets_dir else None
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with doubles(
        ports,
        state=options.state_dir,
        seed=options.seed,
        keys=keys,
        webhooks=options.webhooks,
        delivery_reports=(options.delivery_reports, shared_secret(options.secrets_dir, "mail_webhook_secret")),
        twilio_token=shared_secret(options.secrets_dir, "twilio_token") or secrets.token_urlsafe(24),
        sign_in_secret=shared_secret(options.secrets_dir, "sign_in_secret") or secrets.token_urlsafe(24),
    ) as running:
        ready = {"pid": os.getpid(), "environment": running.environment}
        if options.ready_file:
            temporary = options.ready_file.with_suffix(".tmp")
            temporary.write_bytes(msgspec.json.format(msgspec.json.encode(ready)))
            temporary.replace(options.ready_file)
        logging.getLogger("reptidex.doubles").info("ready: %s", " ".join(sorted(running.environment)))
        await ended.wait()


def main() -> None:
    """Parse the command line and run."""
    options = parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
