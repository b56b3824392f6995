"""What a service holds of the person who asks, as one JSON document (GDPR, articles 15 and 20): one route for each service."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from reptidex.http.server.policy import signed_in
from reptidex.http.server.routes import Paging, Request, Routes, Stream
from reptidex.settings import SERVICES
from reptidex.tables.personal import Held, Personal

PATH = "/me/data"
PAGE = 200

Account = Callable[[Any], Awaitable[dict[str, Any]]]
"""What a service can say besides of the person who makes a request: what rests sealed."""


def own_data(service: str, personal: Personal, account: Account | None = None) -> Routes:
    """Return the route of a service (`core`) by which people get what its tables hold of them."""
    routes = Routes("own data")

    @routes.get(PATH, policy=signed_in(recent=True, cost=50), kept=False, errors=(401, 404))
    async def get_own_data(request: Request[None, None]) -> Stream:
        """Return all that this service holds of the caller, by table, sent as it is read; never secrets.

        `withheld` names the columns, and `left_out` the tables, of which nothing is given here, each table with the reason;
        `stays` says what is left of a table's rows when the account is erased. The other services answer the same path.
        """
        head = {
            "service": f"repti-{service}",
            "user_id": request.caller.subject,
            "read_at": datetime.now(UTC),
            "other_services": [f"repti-{each}" for each in SERVICES if each != service],
            "elsewhere": personal.elsewhere,
            "left_out": {str(row.sql.name): reason for row, reason in personal.left_out.items()},
            "withheld": {each.table: each.withheld for each in personal.held if each.withheld},
            "stays": {each.table: each.stays for each in personal.held if each.stays},
        }
        if account is not None:
            head["account"] = await account(request)
        name = f'attachment; filename="reptidex-{service}-own-data-{datetime.now(UTC):%Y%m%d}.json"'
        parts = _written(request, personal, msgspec.json.encode(head))
        return Stream(parts=parts, content_type="application/json", headers={"Content-Disposition": name})

    return routes


async def _written(request: Any, personal: Personal, head: bytes) -> AsyncIterator[bytes]:
    yield head[:-1] + b',"tables":{'
    for number, held in enumerate(personal.held):
        yield (b"\n," if number else b"\n") + msgspec.json.encode(held.table) + b":["
        first = True
        async for page in _pages(request, held):
            lines = b",\n".join(msgspec.json.encode(held.shown(row, request.caller.subject)) for row in page)
            yield (b"\n" if first else b",\n") + lines
            first = False
        yield b"]"
    yield b"\n}}\n"


async def _pages(request: Any, held: Held) -> AsyncIterator[list[Any]]:
    cursor: str | None = None
    while True:
        found, cursor = await request.read.page(held.of(request.caller.subject), Paging(cursor=cursor, limit=PAGE))
        if found:
            yield found
        if cursor is None:
            return
