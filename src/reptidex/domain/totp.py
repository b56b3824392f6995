"""Time-based one-time passwords (RFC 6238) as a second factor, and the codes for the day the telephone is lost."""

import hmac
from datetime import datetime, timedelta

import pyotp

from reptidex.errors import UnauthenticatedError

STEP = timedelta(seconds=30)
WINDOW = 1
"""Steps before and after now that are accepted, for clocks that are a little off."""
RECOVERY_CODES = 10


class SecondFactorError(UnauthenticatedError):
    """The password is right; a code of the authenticator (or a recovery code) is missing, wrong or used already."""

    title = "A second factor is needed"


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step that a code belongs to, or None where it is wrong.

    The caller refuses a step that was used before, so that a code that was overheard works once (RFC 6238, 5.2).
    """
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // int(STEP.total_seconds())
    found = [
        step
        for step in range(current - WINDOW, current + WINDOW + 1)
        if hmac.compare_digest(totp.generate_otp(step), code)
    ]
    return found[0] if found else None


def enrolment_url(secret: str, account: str) -> str:
    """Return the `otpauth` address that an authenticator's camera reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="ReptiDex")


def recovery_code(random: bytes) -> str:
    """Write ten random bytes as a code that can be copied from paper: `a1b2c-d3e4f-a5b6c-d7e8f`."""
    text = random[:10].hex()
    return "-".join(text[place : place + 5] for place in range(0, 20, 5))


def recovery_secret(code: str) -> bytes:
    """Return the bytes whose digest is stored of a recovery code, however it was typed."""
    return "".join(code.split()).replace("-", "").lower().encode()
