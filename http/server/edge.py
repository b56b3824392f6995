"""The outermost step of every request: context before, problem documents, headers, metrics and the log line after."""

import logging
import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from reptidex.errors import ReptidexError
from reptidex.http.middlewares.accesslog import AccessLog
from reptidex.http.middlewares.context import begin
from reptidex.http.middlewares.cors import Cors
from reptidex.http.middlewares.measuring import HttpMetrics
from reptidex.http.middlewares.problems import answer, of_framework
from reptidex.http.middlewares.security import secure
from reptidex.http.server.ids import Ids

log = logging.getLogger(__name__)

UNMATCHED = "unmatched"
QUIET = ("/health", "/metrics", "/docs", "/openapi.json")
"""Not in the access log: asked by machines, all day long."""


def make_edge(ids: Ids, metrics: HttpMetrics, access: AccessLog | None, cors: Cors) -> Middleware:
    """Return the one aiohttp middleware; each concern in it is a module of its own, called in a row to spare time."""

    @web.middleware
    async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
        context = begin(request, ids)
        resource = request.match_info.route.resource
        endpoint = resource.canonical if resource is not None else UNMATCHED
        metrics.in_progress += 1
        try:
            try:
                response = await handler(request)
            except web.HTTPException as stopped:
                response = of_framework(stopped, request, context.request_id)
            except ReptidexError as refused:
                response = answer(refused, context.request_id)
                if response.status >= 500:
                    metrics.failed(refused, endpoint)
                    log.warning("request %s: %s", context.request_id, refused, exc_info=response.status == 500)
                if context.allowance:
                    response.headers["RateLimit"] = context.allowance
            except ConnectionError:
                raise
            except Exception as fault:
                metrics.failed(fault, endpoint)
                log.exception("request %s failed", context.request_id)
                response = answer(ReptidexError(), context.request_id)
        finally:
            metrics.in_progress -= 1
        headers = response.headers
        headers["X-Request-ID"] = context.request_id
        if "Server" not in headers:
            secure(headers, context.caller)
        cors.apply(request, headers)
        seconds = time.perf_counter() - context.started
        metrics.observe(request.method, endpoint, response.status, seconds)
        if access is not None and not endpoint.startswith(QUIET):
            access.add(request, context, endpoint, response.status, seconds)
        return response

    return edge
