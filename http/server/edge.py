"""The one handler of every request: context and route before, problem documents, headers, metrics and the log line after."""

import logging
import time
from typing import Protocol

from aiohttp import web

from reptidex.errors import ReptidexError
from reptidex.http.middlewares.accesslog import AccessLog
from reptidex.http.middlewares.context import Context, begin
from reptidex.http.middlewares.cors import Cors
from reptidex.http.middlewares.measuring import HttpMetrics
from reptidex.http.middlewares.problems import answer
from reptidex.http.middlewares.security import Templates, secure
from reptidex.http.server.ids import Ids
from reptidex.http.server.refusals import MethodError
from reptidex.http.server.table import Table

log = logging.getLogger(__name__)

UNMATCHED = "unmatched"


class Served(Protocol):
    """What answers the requests of one path and method."""

    @property
    def name(self) -> str:
        """The path with its parameters unnamed, as metrics and the access log call it."""

    @property
    def quiet(self) -> bool:
        """Whether it is kept out of the access log: asked by machines, all day long."""

    async def handle(self, request: web.BaseRequest, context: Context, values: list[str]) -> web.StreamResponse:
        """Answer one request, given the path's parameters. Raises what `Edge` makes a problem of."""


class Edge:
    """Takes requests to their endpoints; each concern is a module of its own, called in a row to spare time."""

    def __init__(
        self,
        table: Table[Served],
        ids: Ids,
        metrics: HttpMetrics,
        access: AccessLog | None,
        cors: Cors,
        templates: Templates,
    ) -> None:
        self._templates = templates
        self._table, self._ids, self._metrics, self._access, self._cors = table, ids, metrics, access, cors

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, whatever happens."""
        context, metrics, method = begin(request, self._ids), self._metrics, request.method
        endpoint, quiet = UNMATCHED, False
        metrics.in_progress += 1
        try:
            try:
                served, values = self._table.find(method, request.rel_url.raw_path)
                endpoint, quiet = served.name, served.quiet
                response = await served.handle(request, context, values)
            except MethodError as refused:
                response = web.Response(status=204) if method == "OPTIONS" else answer(refused, context.request_id)
                response.headers["Allow"] = refused.allowed
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
            secure(headers, self._templates[context.caller.kind])
        self._cors.apply(request, headers)
        seconds = time.perf_counter() - context.started
        metrics.observe(method, endpoint, response.status, seconds)
        if self._access is not None and not quiet:
            self._access.add(request, context, endpoint, response.status, seconds)
        return response
