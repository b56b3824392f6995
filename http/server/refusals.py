"""Why the web side itself refuses a request, before any rule of the product is asked."""

from reptidex.errors import DomainError, InvalidError, ReptidexError, UnauthenticatedError


class RouteError(ReptidexError):
    """A route that must not be served: no policy, no types, a path taken. The service does not start with it."""


class MalformedError(DomainError):
    """The request cannot be read at all."""

    status = 400
    title = "The request cannot be read"


class ShapeError(InvalidError):
    """A body or a query that has not the shape of its type; `within` says which."""

    title = "The request has not the expected shape"

    def __init__(self, detail: str, pointer: str, within: str) -> None:
        super().__init__(detail, pointer)
        self.within = within


class MediaTypeError(DomainError):
    """A body of a type that the route does not take."""

    status = 415
    title = "Unsupported media type"


class ExpectationError(DomainError):
    """An `Expect` header that asks for something else than to be told when to go on."""

    status = 417
    title = "Expectation failed"


class TooLargeError(DomainError):
    """A body above the route's limit (bytes)."""

    status = 413
    title = "The body is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body may have at most {limit} bytes")
        self.limit = limit


class TooSlowError(DomainError):
    """The body did not arrive in time."""

    status = 408
    title = "The request took too long to arrive"


class LimitedError(DomainError):
    """The caller has used up its share; `retry_after` is in seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


class InsufficientUserAuthenticationError(UnauthenticatedError):
    """The token is good, but its sign-in is older than `max_age` seconds, too old for what was asked (RFC 9470)."""

    title = "Sign in anew"

    def __init__(self, max_age: int) -> None:
        super().__init__(
            f"this needs a sign-in of the last {_lasting(max_age)}: sign in again, then repeat the request"
        )
        self.max_age = max_age


def _lasting(seconds: int) -> str:
    whole, unit = (seconds // 60, "minute") if seconds % 60 == 0 else (seconds, "second")
    return unit if whole == 1 else f"{whole} {unit}s"


class KeyInUseError(DomainError):
    """The first request under this `Idempotency-Key` is still being worked on."""

    status = 409
    title = "A request is outstanding for this Idempotency-Key"

    def __init__(self) -> None:
        super().__init__("the first request under this key has not been answered yet")
        self.retry_after = 1


class KeyReusedError(DomainError):
    """The `Idempotency-Key` has been used for another request."""

    status = 422
    title = "Idempotency-Key is already used"

    def __init__(self) -> None:
        super().__init__("this key was used with another request; a new request needs a new key")


class PreconditionError(DomainError):
    """`If-Match` names a version that is no longer the current one."""

    status = 412
    title = "It has changed meanwhile"


class NoRouteError(DomainError):
    """Nothing is served at this path, or the path names something in a form that nothing of ours has."""

    status = 404
    title = "Not found"

    def __init__(self) -> None:
        super().__init__("nothing is served at this address")


class OverdueError(ReptidexError):
    """A view did not come to an end in time."""

    retriable = True
    status = 503
    title = "This took too long"


class MethodError(DomainError):
    """The path exists, with other methods."""

    status = 405
    title = "Method not allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"this address takes {allowed}")
        self.allowed = allowed
