"""Where a shape error stands: msgspec's words into a JSON pointer (RFC 6901)."""

import msgspec

from reptidex.http.server.refusals import ShapeError
from reptidex.streams.pointers import pointer_in


def shape_error(problem: msgspec.ValidationError, within: str) -> ShapeError:
    """Turn msgspec's words into a problem with a JSON pointer (RFC 6901)."""
    return ShapeError(*pointer_in(str(problem)), within)
