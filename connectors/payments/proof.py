"""What every notice must be, whoever sent it: proved by headers that are there once, and of the form we know."""

from collections.abc import Mapping

import msgspec

from reptidex.connectors.payments.port import ForgedNoticeError, PaymentNotice


def only(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a header that must occur once (in any case of letters).

    Raises `ForgedNoticeError`: a proxy and we might otherwise each trust another one of two.
    """
    values = [value for key, value in headers.items() if key.lower() == name.lower()]
    if len(values) != 1:
        raise ForgedNoticeError(f"the header {name} is there {len(values)} times, once is right")
    return values[0]


def sound(notice: PaymentNotice) -> PaymentNotice:
    """Return a notice whose fields are of their types. Raises `ForgedNoticeError`."""
    try:
        return msgspec.json.decode(msgspec.json.encode(notice), type=PaymentNotice)
    except (msgspec.ValidationError, TypeError) as problem:
        raise ForgedNoticeError(f"the notice is signed, but it is no event: {problem}") from problem
