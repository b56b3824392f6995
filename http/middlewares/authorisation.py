"""Whether a caller may call a route at all; whether the object is theirs is the view's question."""

from reptidex.errors import ForbiddenError, UnauthenticatedError
from reptidex.http.server.policy import RANK, Caller, Policy


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
