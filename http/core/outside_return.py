"""The way back from a sign-in elsewhere: to the app that began it in the person's browser, or to a page of ours.

For an app it is the code grant of RFC 6749 as RFC 8252 and RFC 9700 want it: only to an address that is registered, never with a
token in it. The code is good once, for minutes, and only with the verifier whose hash the app gave at the beginning (PKCE,
RFC 7636), so whoever else sees it, or slips another's in, has nothing.
"""

from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from reptidex.connectors.identity.outside import challenge_of
from reptidex.domain import opaque
from reptidex.errors import ReptidexError, UnauthenticatedError
from reptidex.http.core import outside_seals
from reptidex.http.core.issuing import Tokens
from reptidex.http.core.outside_mfa import CHALLENGE_S
from reptidex.http.core.pages import notice
from reptidex.http.core.ports import Ports
from reptidex.http.core.sign_in import AuthenticatorCode, RecoveryCode, finish_sign_in
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Raw, Request, Routes
from reptidex.streams.core import How
from reptidex.tables.core.people import User

routes = Routes("sign-in elsewhere")

TO_SIGN_IN, TO_LINK = "outside-code", "outside-link"
Verifier = Annotated[str, Meta(min_length=43, max_length=128)]
"""The text whose hash the app gave as `code_challenge` (RFC 7636, section 4.1)."""
ReturnCode = Annotated[str, Meta(max_length=2048)]
"""What came back to the app as `code`."""


class Coded(outside_seals.Sealed, frozen=True, kw_only=True):
    """What a code of either kind says."""

    challenge: str


class SignInCode(Coded, frozen=True, kw_only=True):
    """Somebody who proved who they are. It names the session that it ends in: a session begins once, so it is good once."""

    user_id: str
    session_id: str
    signed_in_at: int | None = None


class LinkCode(Coded, frozen=True, kw_only=True):
    """An account elsewhere whose owner was there."""

    identity: str


K = TypeVar("K", bound=Coded)


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """The code that came back, the verifier, and a second factor where the account asks for one."""

    code: ReturnCode
    code_verifier: Verifier
    mfa_code: AuthenticatorCode | None = None
    recovery_code: RecoveryCode | None = None


def code_until(ports: Ports) -> int:
    """Return until when a code that is written now is good: so long that a second factor can be looked up."""
    return int(ports.clock().timestamp()) + CHALLENGE_S


def redeemed(request: Any, purpose: str, code: str, verifier: str, kind: type[K]) -> K:
    """Return what a code says to the app that began. Raises `UnauthenticatedError`."""
    held = outside_seals.read(request, purpose, code, kind)
    if held is None or not opaque.same(challenge_of(verifier), held.challenge):
        raise UnauthenticatedError("this code is not for you, or it is too old; begin the sign-in anew")
    return held


def leads_back(return_to: str, **said: str) -> Raw:
    """Send the browser back to the app.

    Which program listens at an address of the person's own machine nobody knows, and the provider may have asked them nothing:
    there a code is only handed over once they have said so (RFC 8252, section 8.6).
    """
    where = f"{return_to}?{urlencode(said)}"
    if "code" in said and not return_to.startswith("https:"):
        return notice(
            title="Sign in to an application on this device?",
            text=f"a program at {return_to} has asked to be signed in as you; go on only if you have just begun that",
            link=("Go on", where),
        )
    headers = {"Location": where, "Cache-Control": "no-store"}
    return Raw(body=b"", content_type="text/plain", status=303, headers=headers)


def leads_back_refused(return_to: str, refused: ReptidexError) -> Raw:
    """Send the browser back to the app with the reason (RFC 6749, section 4.1.2.1)."""
    if refused.retriable or refused.status >= 500:
        return leads_back(return_to, error="temporarily_unavailable")
    return leads_back(return_to, error="access_denied", error_description=f"{refused.title}: {refused.told}")


def wants_page(request: Any) -> bool:
    """Tell whether a person at a browser asks, and no program: who names HTML and not JSON as what they take."""
    accepted = request.headers.get("Accept", "")
    return "text/html" in accepted and "json" not in accepted


def refusal_page(refused: ReptidexError) -> Raw:
    """Tell a person why a sign-in came to nothing."""
    reason = "Please try again in a moment" if refused.retriable or refused.status >= 500 else refused.told
    return notice(title=refused.title, text=reason, status=refused.status)


@routes.post("/auth/outside/{provider}/token", policy=public(cost=10), errors=(401, 403, 429))
async def exchange_code(request: Request[Exchange, None]) -> Tokens:
    """Exchange the code that came back to an app for its tokens, once and within five minutes.

    401 with the title *A second factor is needed* asks for the same again with `mfa_code` or `recovery_code`.
    """
    body = request.body
    held = redeemed(request, TO_SIGN_IN, body.code, body.code_verifier, SignInCode)
    user = await request.read.get(User, held.user_id)
    if user is None:
        raise UnauthenticatedError("this account is not in use")
    how: How = held.provider  # type: ignore[assignment]  # one that we offer
    return await finish_sign_in(
        request,
        user,
        body.mfa_code,
        body.recovery_code,
        how=how,
        session_id=held.session_id,
        signed_in_at=held.signed_in_at,
    )
