"""The second factor: an authenticator, and codes for the day it is lost."""

import base64

import msgspec

from reptidex.domain import opaque, totp
from reptidex.errors import DomainError
from reptidex.http.core.attempts import attempt_at
from reptidex.http.core.issuing import fresh_secret
from reptidex.http.core.ports import Ports, user_context
from reptidex.http.core.sign_in import AuthenticatorCode, RecoveryCode, second_step
from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.core import ConfirmMfa, DisableMfa, EnrolMfa
from reptidex.tables.core.people import User

routes = Routes("second factor")

SECRET_BYTES = 20
"""RFC 4226 recommends 160 bits."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What the authenticator needs; shown once."""

    secret: str
    """Base32, to be typed where a camera cannot help."""
    otpauth_url: str


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """What the authenticator shows."""

    code: AuthenticatorCode


class EitherCode(msgspec.Struct, frozen=True, kw_only=True):
    """What the authenticator shows, or a recovery code where it is lost."""

    code: AuthenticatorCode | None = None
    recovery_code: RecoveryCode | None = None


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Each signs in once in place of the authenticator; shown once."""

    recovery_codes: list[str]


@routes.post("/auth/mfa/enroll", policy=signed_in(recent=True, cost=5), errors=(409,))
async def enroll_mfa(request: Request[None, None]) -> Enrolment:
    """Begin with an authenticator; it counts once it has shown a right code."""
    ports: Ports = request.ports
    user = await request.read.need(User, request.caller.subject)
    secret = base64.b32encode(fresh_secret(request, "totp", user.user_id)[:SECRET_BYTES]).decode()
    sealed = await ports.vault.seal(secret.encode(), context=user_context(user.user_id), under=user.data_key)
    await request.tell(EnrolMfa(user_id=user.user_id, secret_sealed=sealed))
    return Enrolment(secret=secret, otpauth_url=totp.enrolment_url(secret, user.display_name))


@routes.post("/auth/mfa/confirm", policy=signed_in(recent=True, cost=5), errors=(401, 409))
async def confirm_mfa(request: Request[Code, None]) -> RecoveryCodes:
    """Turn the second factor on with the first right code, and get the recovery codes."""
    user = await request.read.need(User, request.caller.subject)
    if not user.mfa_sealed:
        raise DomainError("there is no authenticator that waits to be confirmed")
    step = await second_step(request, user, request.body.code)
    codes = [
        totp.recovery_code(fresh_secret(request, "recovery", user.user_id, str(number)))
        for number in range(totp.RECOVERY_CODES)
    ]
    hashes = tuple(opaque.digest(totp.recovery_secret(code)) for code in codes)
    await request.tell(ConfirmMfa(user_id=user.user_id, step=step, recovery_hashes=hashes))
    return RecoveryCodes(recovery_codes=codes)


@routes.post("/auth/mfa/disable", policy=signed_in(recent=True, cost=5), status=204, errors=(401,))
async def disable_mfa(request: Request[EitherCode, None]) -> None:
    """Turn the second factor off: by a code, or by a recovery code for who has lost the authenticator."""
    body = request.body
    user = await request.read.need(User, request.caller.subject)
    if not user.mfa_on:
        return
    if body.recovery_code:
        recovery = opaque.digest(totp.recovery_secret(body.recovery_code))
        async with attempt_at(request, user.user_id):
            await request.tell(DisableMfa(user_id=user.user_id, recovery_hash=recovery))
    else:
        step = await second_step(request, user, body.code) if body.code else None
        await request.tell(DisableMfa(user_id=user.user_id, step=step))
