"""Headers that prove something must be there exactly once."""

from collections.abc import Mapping

from reptidex.connectors.payments.port import ForgedNoticeError


def only(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a header that must occur once (in any case of letters).

    Raises `ForgedNoticeError`: a proxy and we might otherwise each trust another one of two.
    """
    values = [value for key, value in headers.items() if key.lower() == name.lower()]
    if len(values) != 1:
        raise ForgedNoticeError(f"the header {name} is there {len(values)} times, once is right")
    return values[0]
