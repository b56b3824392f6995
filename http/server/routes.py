"""How a view is written: a typed function of a request, bound to a path with a policy.

    routes = Routes("animals")

    @routes.post("/animals", policy=member("handler"), status=201)
    async def register_animal(request: Request[NewAnimal, None]) -> AnimalView:
        '''Register an animal in the caller's vivarium.'''
        return await request.ask(RegisterAnimal(...), AnimalView)

    @routes.get("/animals", policy=member("keeper"))
    async def list_animals(request: Request[None, AnimalFilter]) -> Page[AnimalView]: ...

Body, query and answer types are read from the annotations: they are checked, and become the OpenAPI document. A body
annotated `bytes` is taken as it comes (uploads), an answer annotated `None` is 204, `T | Raw` is a `T` for programs and
something else for browsers. A struct with `msgspec.Meta`
constraints is all the validation that a shape needs; rules raise the errors of `reptidex.errors`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Generic, Protocol, TypeVar

import msgspec

from reptidex.http.server.policy import Caller, Policy
from reptidex.streams.contract import Command
from reptidex.tables.answers import CommandStatus
from reptidex.tables.query import Query
from reptidex.tables.row import Row

B = TypeVar("B", covariant=True)
Q = TypeVar("Q", covariant=True)
T = TypeVar("T")
A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R", bound=Row)


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list. `next` is an opaque cursor for `?cursor=`, absent on the last page."""

    items: list[T]
    next: str | None = None


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Query parameters of a list; a filter extends it with its own."""

    cursor: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    """What `next` of the page before said."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class Raw(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is not JSON: a file, an SVG, a page, a redirect."""

    body: bytes
    content_type: str
    status: int = 200
    headers: dict[str, str] = {}


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is sent as it is made, for what may be longer than memory likes: an export.

    What goes wrong while it is sent can only break the connection off, so look for it before the first part.
    """

    parts: AsyncIterator[bytes]
    content_type: str
    headers: dict[str, str] = {}


class Reader(Protocol):
    """Look-ups in the service's own database; any worker can answer any key."""

    async def get(self, row: type[R], key: str) -> R | None:
        """Return the row with this key, or None."""

    async def need(self, row: type[R], key: str) -> R:
        """Return the row with this key. Raises `NotFoundError`."""

    async def find(self, query: Query[R]) -> list[R]:
        """Return the rows that a query finds."""

    async def page(self, query: Query[R], paging: Paging) -> tuple[list[R], str | None]:
        """Return one page of rows and the cursor of the next. Raises `InvalidError` for a cursor that is not ours."""

    async def count(self, query: Query[R]) -> int:
        """Return how many rows a query finds."""


class Request(Protocol[B, Q]):
    """What a view is given."""

    @property
    def body(self) -> B:
        """The checked body."""

    @property
    def query(self) -> Q:
        """The checked query parameters."""

    @property
    def path(self) -> dict[str, str]:
        """Path parameters; one that ends in `_id` has been checked to be a UUID."""

    @property
    def caller(self) -> Caller:
        """Who asks."""

    @property
    def headers(self) -> Any:
        """The request's headers (case-insensitive)."""

    @property
    def address(self) -> str:
        """The network address of the client, as far as the proxies that we trust tell it; `unknown` where there is none."""

    @property
    def raw(self) -> bytes:
        """The body as it came, for signatures over raw bytes."""

    @property
    def read(self) -> Reader:
        """Look-ups in the own database."""

    @property
    def ports(self) -> Any:
        """The service's connectors, as its manifest built them."""

    @property
    def request_id(self) -> str:
        """The request's id: the correlation id of everything that it causes."""

    def new_id(self) -> str:
        """Return a new UUIDv7; the same for a repeat under the same `Idempotency-Key`."""

    async def ask(self, command: Command, answer: type[A], *, anew: bool = False) -> A:
        """Send a command, wait until its outcome is committed, and return what the handler answered.

        Raises the `DomainError` that the handler raised. If the deadline passes, the request is answered 202 with a link to
        its status. A repeat under the same `Idempotency-Key` gets the first answer; another body under it gets 422. What is
        asked `anew` is asked at each repeat: for what counts requests, which a repeat is as well.
        """

    async def tell(self, command: Command) -> None:
        """Send a command and wait until its outcome is committed, for commands that answer nothing."""

    async def outcome(self, command_id: str) -> CommandStatus:
        """Return how a command stands that this caller asked. Raises `NotFoundError` also for somebody else's."""

    async def post(self, command: Command, *, anew: bool = False) -> None:
        """Hand a command over and do not wait for the log: for figures whose loss hurts nobody (a search was made)."""


View = Callable[[Any], Awaitable[Any]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A view bound to its method and path."""

    method: str
    path: str
    policy: Policy
    status: int
    view: Any
    name: str
    tag: str
    errors: tuple[int, ...]
    body_bytes: int = 0
    """The longest body taken; 0 for the service's usual limit."""
    kept: bool = True
    """Whether a cache may keep what it answers to GET."""


class Routes:
    """The routes of one area of a service, in the order written."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.routes: list[Route] = []

    def _add(
        self,
        method: str,
        path: str,
        policy: Policy,
        status: int,
        errors: tuple[int, ...],
        body_bytes: int = 0,
        kept: bool = True,
    ) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            name = getattr(view, "__name__", path)
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    policy=policy,
                    status=status,
                    view=view,
                    name=name,
                    tag=self.tag,
                    errors=errors,
                    body_bytes=body_bytes,
                    kept=kept,
                )
            )
            return view

        return decorate

    def get(
        self, path: str, *, policy: Policy, status: int = 200, errors: tuple[int, ...] = (), kept: bool = True
    ) -> Callable[[View], View]:
        """Bind a view to GET; `kept=False` where it answers a secret, which no cache may keep."""
        return self._add("GET", path, policy, status, errors, kept=kept)

    def post(
        self, path: str, *, policy: Policy, status: int = 200, errors: tuple[int, ...] = (), body_bytes: int = 0
    ) -> Callable[[View], View]:
        """Bind a view to POST."""
        return self._add("POST", path, policy, status, errors, body_bytes)

    def put(
        self, path: str, *, policy: Policy, status: int = 200, errors: tuple[int, ...] = (), body_bytes: int = 0
    ) -> Callable[[View], View]:
        """Bind a view to PUT."""
        return self._add("PUT", path, policy, status, errors, body_bytes)

    def delete(
        self, path: str, *, policy: Policy, status: int = 200, errors: tuple[int, ...] = ()
    ) -> Callable[[View], View]:
        """Bind a view to DELETE."""
        return self._add("DELETE", path, policy, status, errors)
