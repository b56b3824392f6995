"""Strict reading of a token before any library sees it: what is not written exactly as core writes it is refused.

Libraries forgive padding inside segments, stray bits, double keys and unknown header members; each has been a way in
(RFC 8725, sections 2 and 3). Everything here is decided on the text alone, so it is cheap enough for a flood.
"""

import base64
import json
import re
from typing import Any

import msgspec

from reptidex.connectors.identity.claims import ALGORITHM, TOKEN_TYPE, Claims, Header
from reptidex.errors import UnauthenticatedError

TOKEN_BYTES = 4096
HEADER_CHARACTERS = 400
# The signature's 64 bytes are 86 characters of base64url.
_SHAPE = re.compile(r"([A-Za-z0-9_-]{20,})\.([A-Za-z0-9_-]{20,})\.([A-Za-z0-9_-]{86})", re.ASCII)
_KID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_HEADER_KEYS = {"alg", "kid", "typ"}


class TokenError(UnauthenticatedError):
    """A token that is not accepted. The person reads one sentence for all reasons; `reason` is for our logs."""

    def __init__(self, reason: str) -> None:
        super().__init__("the access token is not valid; sign in again")
        self._reason = reason

    @property
    def reason(self) -> str:
        """Why, in a few words without anything of the token."""
        return self._reason


def _segment(text: str) -> bytes:
    if len(text) % 4 == 1:
        raise TokenError("segment length")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise TokenError("stray bits in a segment")
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise TokenError("a key stands twice")
    return found


def _constant(text: str) -> Any:
    raise TokenError("not JSON")


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise TokenError("not JSON") from None
    if not isinstance(value, dict):
        raise TokenError("not an object")
    return value


def parse(token: str) -> tuple[Header, Claims]:
    """Read a token's header and claims without believing them; the signature is not looked at.

    Raises `TokenError` for anything but the exact form that core writes.
    """
    if len(token) > TOKEN_BYTES:
        raise TokenError("too long")
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        raise TokenError("not three segments of base64url")
    if len(shape[1]) > HEADER_CHARACTERS:
        raise TokenError("header too long")
    header = _object(_segment(shape[1]))
    if set(header) != _HEADER_KEYS:
        raise TokenError("header members")
    if header["alg"] != ALGORITHM:
        raise TokenError("algorithm")
    if header["typ"] != TOKEN_TYPE:
        raise TokenError("type of token")
    if not isinstance(header["kid"], str) or not _KID.fullmatch(header["kid"]):
        raise TokenError("key id")
    _segment(shape[3])
    try:
        claims = msgspec.convert(_object(_segment(shape[2])), Claims)
    except msgspec.ValidationError:
        raise TokenError("claims") from None
    return Header(**header), claims
