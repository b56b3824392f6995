"""Errors into problem documents (RFC 9457). The one place where an exception becomes an answer."""

import re
from datetime import date
from typing import Any

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from reptidex.errors import DomainError, ReptidexError
from reptidex.http.server.refusals import InsufficientUserAuthenticationError
from reptidex.tables.answers import RefusedError

CONTENT_TYPE = "application/problem+json"
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_STANDARD = {"type", "title", "status", "detail", "instance"}
_PLAIN = (str, int, float, bool, date, list, tuple, dict)


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The members that every problem has (RFC 9457, section 3.1); an error's data come beside them."""

    type: str
    """`urn:reptidex:problem:<kind>`"""
    title: str
    status: int
    detail: str = ""
    """Words for the person who asked; absent where the fault is ours."""
    instance: str = ""
    """The request id."""
    pointer: str = ""
    """The JSON pointer (RFC 6901) of the value that is not accepted."""


def kind_of(error: BaseException) -> str:
    """Return the problem type of an error: `NotFoundError` is `urn:reptidex:problem:not-found`."""
    name = error.kind if isinstance(error, RefusedError) else type(error).__name__
    name = _HUMP.sub("-", name.removesuffix("Error")).lower()
    return f"urn:reptidex:problem:{name}"


def document(error: ReptidexError, request_id: str) -> dict[str, Any]:
    """Describe an error. What a server fault says stays in the log; what a rule says is for the person, with its data."""
    status = error.status
    found: dict[str, Any] = {
        "type": kind_of(error),
        "title": error.title,
        "status": status,
        "instance": request_id,
    }
    if status < 500:
        found["detail"] = error.told
    if isinstance(error, DomainError) or status == 202:
        data = error.attributes if isinstance(error, RefusedError) else vars(error)
        found.update((n, v) for n, v in data.items() if n not in _STANDARD and n[0] != "_" and isinstance(v, _PLAIN))
    return found


def challenge(error: ReptidexError) -> str:
    """Return the `WWW-Authenticate` of a 401 (RFC 6750, section 3), for too old a sign-in as RFC 9470, section 3 has it."""
    asked = 'Bearer realm="reptidex"'
    if isinstance(error, InsufficientUserAuthenticationError):
        said = 'error="insufficient_user_authentication", error_description="A more recent authentication is required"'
        asked += f', {said}, max_age="{error.max_age}"'
    return asked


def answer(error: ReptidexError, request_id: str) -> web.Response:
    """Return the problem document of an error as an answer, with the headers that its status asks for."""
    headers: CIMultiDict[str] = CIMultiDict({"Content-Type": CONTENT_TYPE})
    status = error.status
    if status == 401:
        headers["WWW-Authenticate"] = challenge(error)
    data = error.attributes if isinstance(error, RefusedError) else vars(error)
    retry_after = data.get("retry_after")
    if retry_after is None and error.retriable:
        retry_after = 1
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    command_id = data.get("command_id")
    if status == 202 and command_id is not None:
        headers["Location"] = f"/answers/{command_id}"
        headers["Content-Type"] = "application/json"
        body = msgspec.json.encode({"command_id": command_id, "state": "running"})
    else:
        body = msgspec.json.encode(document(error, request_id), enc_hook=str)
    return web.Response(status=status, body=body, headers=headers)


__all__ = ["CONTENT_TYPE", "Problem", "answer", "document", "kind_of"]
