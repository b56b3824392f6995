"""What the web side reads of a service's manifest, and its routes bound all together."""

from collections.abc import Sequence
from typing import Protocol

from reptidex.http.server import answers
from reptidex.http.server.binding import Bound, bind
from reptidex.http.server.refusals import RouteError
from reptidex.http.server.routes import Routes


class ServiceLike(Protocol):
    """A service's manifest, as far as the web side reads it."""

    @property
    def name(self) -> str:
        """`repti-animal`"""

    @property
    def purpose(self) -> str:
        """What the service is for."""

    @property
    def port(self) -> int:
        """The port it listens on."""

    @property
    def views(self) -> Sequence[Routes]:
        """Its routes."""


def bind_service(service: ServiceLike) -> list[Bound]:
    """Bind all routes of a service and check that no two share a method and path. Raises `RouteError`."""
    bounds: list[Bound] = []
    places: set[tuple[str, str]] = set()
    for route in (route for area in (*service.views, answers.routes) for route in area.routes):
        shape = "/".join("{}" if part.startswith("{") else part for part in route.path.split("/"))
        if (route.method, shape) in places:
            raise RouteError(f"{route.method} {route.path} is bound twice")
        places.add((route.method, shape))
        bounds.append(bind(route))
    return bounds
