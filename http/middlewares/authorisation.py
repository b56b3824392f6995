"""Whether a caller may call a route at all; whether the object is theirs is the view's question."""

from collections.abc import Callable

from reptidex.errors import ForbiddenError, UnauthenticatedError
from reptidex.http.server.policy import RANK, Caller, Policy
from reptidex.http.server.refusals import InsufficientUserAuthenticationError


def authorise(policy: Policy, caller: Caller, *, writes: bool = False) -> None:
    """Let a caller through or not.

    An API key acts within its vivarium only: not for the account (`signed_in`), not for the platform (`scope`), and it changes
    something only with the scope `write`.

    Raises `UnauthenticatedError` where nobody is asking, `ForbiddenError` where the caller is not what the policy names.
    """
    if policy.anyone:
        return
    if caller.kind == "anonymous":
        raise UnauthenticatedError("this needs an access token")
    if caller.kind == "service":
        if caller.subject not in policy.services:
            raise ForbiddenError("this is not for your service")
        return
    if not (policy.role or policy.signed_in or policy.scope):
        raise ForbiddenError("this is for services of the platform")
    if policy.scope and policy.scope not in caller.scopes:
        raise ForbiddenError(f"this needs the scope {policy.scope!r}")
    if policy.role and (not caller.vivarium_id or RANK.get(caller.role, 0) < RANK[policy.role]):
        raise ForbiddenError(f"this needs the role of {policy.role} in the vivarium or a higher one")
    if caller.via and (policy.signed_in or policy.scope):
        raise ForbiddenError("an API key cannot do this; sign in")
    if caller.via and writes and "write" not in caller.scopes:
        raise ForbiddenError("this API key may only read")


class RecentSignIn:
    """Asks for a sign-in of late where a route's policy says `recent`: step-up authentication (RFC 9470) by `auth_time`."""

    def __init__(self, max_age_s: int, now: Callable[[], float]) -> None:
        """Take the greatest age of a sign-in in seconds, and a clock in Unix seconds."""
        self._max_age_s, self._now = max_age_s, now

    def check(self, caller: Caller) -> None:
        """Let a service through, and a person who has signed in lately; one of whom that is not known has not.

        Raises `InsufficientUserAuthenticationError`.
        """
        if caller.kind != "service" and self._now() - caller.proved_at > self._max_age_s:
            raise InsufficientUserAuthenticationError(self._max_age_s)
