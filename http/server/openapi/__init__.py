"""The OpenAPI 3.1 document of a service, generated from the same types that decode its requests, and a page to read it."""

from typing import Any

from reptidex.http.server.manifest import ServiceLike, bind_service
from reptidex.http.server.openapi.document import document


def openapi_document(service: ServiceLike) -> dict[str, Any]:
    """Return the OpenAPI document of a service, without starting it. Raises `RouteError`."""
    return document(service, bind_service(service))
