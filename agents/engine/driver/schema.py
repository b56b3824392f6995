"""The schema: what travels through Faust is a whole fetch; its records are decoded by their contracts in the unit of work."""

from collections.abc import Awaitable, Callable
from typing import Any

import faust


class FetchSchema(faust.Schema):
    """Hands the records of a fetch through as they are."""

    def compile(
        self,
        app: Any,
        *,
        on_key_decode_error: Any = None,
        on_value_decode_error: Any = None,
        default_propagate: bool = False,
    ) -> Callable[..., Awaitable[Any]]:
        """Return the decoder: it wraps a fetch into Faust's event."""
        create = app.create_event

        async def decode(message: Any, *, propagate: bool = default_propagate) -> Any:
            return create(None, message.value, {}, message)

        return decode
