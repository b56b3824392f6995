"""From a view's annotations to the types of its body, query and answer, checked before the service starts."""

import inspect
import re
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from reptidex.http.server.policy import RANK, Policy
from reptidex.http.server.refusals import RouteError
from reptidex.http.server.routes import Page, Raw, Request, Route, Stream

PARAMETER = re.compile(r"\{([a-z_]+)\}")
_PATH = re.compile(r"(/([a-z0-9._-]+|\{[a-z_]+\}))+")


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """A route with the types that its view works on."""

    route: Route
    body: Any
    """`NoneType` where none is taken, `bytes` where it is taken as it comes."""
    query: Any
    answer: Any
    """`NoneType` for 204; `Raw` and `Stream` for what is not JSON."""
    page_too: bool
    """Whether a browser is answered something else than the JSON."""
    parameters: tuple[str, ...]
    summary: str
    description: str

    @property
    def page(self) -> bool:
        """Whether the answer is one page of a list."""
        return get_origin(self.answer) is Page

    @property
    def status(self) -> int:
        """The status of success."""
        return 204 if self.answer is NoneType and self.route.status == 200 else self.route.status


def check_policy(where: str, policy: Policy) -> None:
    """Check that a policy lets somebody in on purpose. Raises `RouteError`."""
    named = bool(policy.role or policy.signed_in or policy.scope or policy.services)
    if policy.anyone == named:
        raise RouteError(f"{where}: a policy says either `public()` or who may call")
    if policy.recent and not (policy.role or policy.signed_in or policy.scope):
        raise RouteError(f"{where}: only people sign in, so only they can have done so lately")
    if policy.role and policy.role not in RANK:
        raise RouteError(f"{where}: there is no role {policy.role!r}")
    if any(not name.startswith("repti-") for name in policy.services):
        raise RouteError(f"{where}: services are named in full, `repti-commerce`")


def _struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def bind(route: Route) -> Bound:
    """Read a route's types from its view.

    Raises `RouteError` for a route without a policy, a view that is no `async def` with an annotated `Request[Body, Query]`
    and answer, types that JSON cannot carry, and a path that is not of our form.
    """
    where = f"{route.method} {route.path} ({route.name})"
    if not isinstance(route.policy, Policy):
        raise RouteError(f"{where}: no policy")
    check_policy(where, route.policy)
    if not _PATH.fullmatch(route.path):
        raise RouteError(f"{where}: paths are lower-case words and {{names}} divided by slashes")
    if not inspect.iscoroutinefunction(route.view):
        raise RouteError(f"{where}: a view is an `async def`")
    body, query, answer, page_too = _types_of(route, where)
    summary, _, description = inspect.cleandoc(route.view.__doc__ or route.name.replace("_", " ")).partition("\n")
    return Bound(
        route=route,
        body=body,
        query=query,
        answer=answer,
        page_too=page_too,
        parameters=tuple(PARAMETER.findall(route.path)),
        summary=summary,
        description=description.strip(),
    )


def _types_of(route: Route, where: str) -> tuple[Any, Any, Any, bool]:
    """Return the types of body, query and answer, and whether browsers get a page too. Raises `RouteError`."""
    hints = get_type_hints(route.view, include_extras=True)
    if "return" not in hints:
        raise RouteError(f"{where}: the answer is not annotated")
    answer = hints.pop("return")
    page_too = get_origin(answer) is UnionType and get_args(answer)[1:] == (Raw,)
    if page_too:
        answer = get_args(answer)[0]
    given = next(iter(hints.values()), None)
    if get_origin(given) is not Request or len(hints) != 1:
        raise RouteError(f"{where}: a view takes one argument, annotated `Request[Body, Query]`")
    body, query = get_args(given)
    if query is not NoneType and not _struct(query):
        raise RouteError(f"{where}: a query is a struct")
    if body is not NoneType and route.method == "GET":
        raise RouteError(f"{where}: a GET takes no body")
    for kind in (body, query, answer):
        if kind not in (NoneType, Raw, Stream, bytes):
            try:
                msgspec.json.schema_components([kind])
            except TypeError as problem:
                raise RouteError(f"{where}: {problem}") from problem
    return body, query, answer, page_too
