"""Bodies: read within limits, decoded into the route's type by a compiled decoder."""

import asyncio
import re
from types import NoneType
from typing import Any

import msgspec
from aiohttp import HttpVersion11, StreamReader, web

from reptidex.http.server.guards import SUSPICIOUS, IdGuard, check_values, has_moments
from reptidex.http.server.pointers import shape_error
from reptidex.http.server.refusals import ExpectationError, MalformedError, MediaTypeError, TooLargeError, TooSlowError

_JSON = re.compile(r"application/([a-z0-9.+-]+\+)?json(\s*;\s*charset=\"?utf-8\"?)?\s*", re.IGNORECASE)


async def read_body(request: web.BaseRequest, limit: int, timeout_s: float) -> bytes:
    """Read a body whole.

    Raises `TooLargeError` above `limit` bytes, `TooSlowError` after `timeout_s` seconds, `MediaTypeError` for a compressed
    body: nobody needs one, and unpacking would defeat the limit.
    """
    if not request.body_exists:
        return b""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise MediaTypeError("compressed bodies are not taken")
    if (request.content_length or 0) > limit:
        raise TooLargeError(limit)
    if "Expect" in request.headers:
        await _go_on(request)
    if request.content.is_eof():
        body = request.content.read_nowait()
        if len(body) > limit:
            raise TooLargeError(limit)
        return body
    try:
        async with asyncio.timeout(timeout_s):
            return await _whole(request.content, limit)
    except TimeoutError:
        raise TooSlowError(f"the body did not arrive within {timeout_s:g} s") from None


async def _whole(content: StreamReader, limit: int) -> bytes:
    parts = bytearray()
    while chunk := await content.readany():
        parts += chunk
        if len(parts) > limit:
            raise TooLargeError(limit)
    return bytes(parts)


async def _go_on(request: web.BaseRequest) -> None:
    """Tell a client that waits with its body to send it (RFC 9110, section 10.1.1): only one that we would take."""
    if request.headers["Expect"].lower() != "100-continue":
        raise ExpectationError("only 100-continue can be expected")
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


class BodyDecoder:
    """Decodes the body of one route."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._plain = kind is NoneType or kind is bytes
        if not self._plain:
            self._decoder = msgspec.json.Decoder(kind)
            self._moments = has_moments(kind)
            self._optional = _takes_nothing(kind)
            self._ids = IdGuard(kind)

    def decode(self, raw: bytes, content_type: str) -> Any:
        """Return the body in its type. Raises `MalformedError`, `MediaTypeError`, `ShapeError`."""
        if self._plain:
            return raw if self._kind is bytes else None
        if not raw and self._optional:
            return None
        if not _JSON.fullmatch(content_type):
            raise MediaTypeError("the body must be JSON: Content-Type: application/json")
        try:
            value = self._decoder.decode(raw)
        except msgspec.ValidationError as problem:
            raise shape_error(problem, "body") from None
        except (msgspec.DecodeError, ValueError, RecursionError) as problem:
            raise MalformedError(f"the body is not JSON: {problem}" if raw else "the body is empty") from None
        if self._moments or SUSPICIOUS.search(raw):
            check_values(value, "body")
        self._ids.check(value, "body")
        return value


def _takes_nothing(kind: Any) -> bool:
    try:
        msgspec.convert(None, kind)
    except msgspec.ValidationError:
        return False
    return True
