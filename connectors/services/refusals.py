"""What another service answered, as an error of our own tree."""

import msgspec

from reptidex.errors import DomainError, NotFoundError, ReptidexError, UnavailableError


class RefusedError(DomainError):
    """Another service of ours refused, with the problem document it gave; the person sees its words."""

    def __init__(self, status: int, title: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        # `status` and `title` belong to the class elsewhere in the tree; here they are what the other service said.
        vars(self).update(status=status, title=title)
        self.pointer = pointer


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The members of a problem document (RFC 9457) that we read."""

    title: str = ""
    detail: str = ""
    pointer: str = ""
    kind: str = ""
    key: str = ""


def error_of(service: str, path: str, status: int, body: bytes) -> ReptidexError:
    """Return the error for an answer that is no success.

    404 is a `NotFoundError`, other refusals of the request a `RefusedError`. What the same request may get past later (5xx,
    429, 202) and what is our own fault towards the service (401) is an `UnavailableError`.
    """
    if status >= 500 or status in (202, 401, 408, 425, 429) or status < 400:
        return UnavailableError(service, f"answered {status}")
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.MsgspecError, ValueError):
        problem = Problem()
    if status == 404:
        return NotFoundError(problem.kind or "resource", problem.key or path.partition("?")[0])
    return RefusedError(status, problem.title or "Refused", problem.detail or f"{service} refused", problem.pointer)
