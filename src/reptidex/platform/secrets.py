"""Local secrets for development: made once under the state directory, readable by the owner only, never printed."""

import os
import secrets
from pathlib import Path

import msgspec

from reptidex.errors import SettingsError
from reptidex.settings import SERVICES, Settings

NAMES = ("stripe_key", "stripe_webhook_secrets", "paypal_client_secret")


def secret_file(folder: Path, name: str, value: str) -> Path:
    """Write a secret where there is none yet, and return its file (mode 0600)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(value)
    return path


def local_secrets(settings: Settings) -> dict[str, dict[str, str]]:
    """Return what each service needs in its environment, by short name, as `…_FILE` references.

    A secret that the operator has set is left alone. Raises `SettingsError` in production, where nothing is made up.
    """
    if settings.environment == "production":
        raise SettingsError("local secrets are made in development only; set REPTIDEX_SERVICE_SECRET and the others")
    folder = settings.state / "secrets"
    own = {name: secret_file(folder, f"service-{name}", secrets.token_urlsafe(32)) for name in SERVICES}
    everyone = msgspec.json.encode({name: path.read_text() for name, path in own.items()}).decode()
    table = secret_file(folder, "services.json", everyone)
    shared = {
        "stripe_key": "sk_test_" + secrets.token_hex(16),
        "stripe_webhook_secrets": "whsec_" + secrets.token_hex(16),
    }
    shared["paypal_client_secret"] = secrets.token_urlsafe(24)
    files = {name: secret_file(folder, name, value) for name, value in shared.items() if not getattr(settings, name)}
    result = {name: {"REPTIDEX_SERVICE_SECRET_FILE": str(path.resolve())} for name, path in own.items()}
    result["core"]["REPTIDEX_SERVICE_SECRETS_FILE"] = str(table.resolve())
    result["core"] |= {f"REPTIDEX_{name.upper()}_FILE": str(path.resolve()) for name, path in files.items()}
    for name in ("mail_webhook_secret", "twilio_token"):
        if not getattr(settings, name):
            path = secret_file(folder, name, secrets.token_urlsafe(32))
            result["community"][f"REPTIDEX_{name.upper()}_FILE"] = str(path.resolve())
    if not settings.paypal_client_id:
        result["core"]["REPTIDEX_PAYPAL_CLIENT_ID"] = "reptidex-local"
    return result


def local_sign_in(settings: Settings, doubles: str) -> None:
    """Register core with the sign-in doubles at an address, where it is registered with nobody.

    That is the file `<state>/keys/outside.json`, which in production names the real clients.
    """
    secret = secret_file(settings.state / "secrets", "sign_in_secret", secrets.token_urlsafe(24)).read_text()
    us = {"client_id": "reptidex-local", "client_secret": secret}
    google = us | {"issuer": f"{doubles}/google"}
    github = us | {"url": f"{doubles}/github", "api": f"{doubles}/github/api"}
    clients = msgspec.json.encode({"google": google, "github": github}).decode()
    secret_file(settings.state / "keys", "outside.json", clients)
