"""The second factor of somebody who signed in elsewhere: the provider's redirect cannot bring a code, a second request does."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.totp import SecondFactorError
from reptidex.errors import UnauthenticatedError
from reptidex.http.core import outside_seals
from reptidex.http.core.issuing import Tokens
from reptidex.http.core.ports import Ports
from reptidex.http.core.sign_in import AuthenticatorCode, RecoveryCode, finish_sign_in
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.core import How
from reptidex.tables.core.people import User

routes = Routes("sign-in elsewhere")

CHALLENGE_S = 300
"""How long a person has to look at the authenticator once the provider has sent them back."""
_PURPOSE = "outside-mfa"


class Challenge(outside_seals.InBrowser, frozen=True, kw_only=True):
    """A sign-in whose first proof, the account elsewhere, was given.

    It names the session that it ends in: a session begins once, so a challenge is good once.
    """

    user_id: str
    session_id: str


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The challenge that the callback answered, and the second factor."""

    challenge: Annotated[str, Meta(max_length=1024)]
    code: AuthenticatorCode | None = None
    recovery_code: RecoveryCode | None = None


class SecondFactorChallengeError(SecondFactorError):
    """The account elsewhere is right; a second factor is to be sent with the `challenge` within `expires_in` seconds."""

    def __init__(self, provider: str, challenge: str) -> None:
        super().__init__(
            "send the six digits that your authenticator shows as `code`, or a `recovery_code`, "
            f"with this `challenge` to /auth/outside/{provider}/mfa"
        )
        self.challenge, self.expires_in = challenge, CHALLENGE_S


async def check_needs_no_second(request: Any, how: How, nonce: str, user_id: str) -> None:
    """Raise `SecondFactorChallengeError` where the account has a second factor."""
    user = await request.read.get(User, user_id)
    if user is None or not user.mfa_on:
        return
    ports: Ports = request.ports
    challenge = Challenge(
        provider=how,
        nonce=nonce,
        until=int(ports.clock().timestamp()) + CHALLENGE_S,
        user_id=user_id,
        session_id=request.new_id(),
    )
    raise SecondFactorChallengeError(how, outside_seals.write(ports, _PURPOSE, challenge))


@routes.post("/auth/outside/{provider}/mfa", policy=public(cost=10), errors=(401, 403, 429))
async def finish_with_second_factor(request: Request[Proof, None]) -> Tokens:
    """Finish a sign-in elsewhere with a second factor: the `challenge` of the callback, and `code` or `recovery_code`.

    A wrong code may be corrected until the challenge is too old; once it has begun a session it is worthless.
    """
    body = request.body
    challenge = outside_seals.read_here(request, _PURPOSE, body.challenge, Challenge)
    user = await request.read.get(User, challenge.user_id) if challenge is not None else None
    # Whoever turned the second factor off meanwhile needs none: the way without it is to begin anew.
    if challenge is None or user is None or not user.mfa_on:
        raise UnauthenticatedError("this sign-in was not begun in this browser, or too long ago; begin anew")
    how: Any = challenge.provider
    return await finish_sign_in(request, user, body.code, body.recovery_code, how=how, session_id=challenge.session_id)
