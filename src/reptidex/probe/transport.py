"""One request by hand, below any client: does the broker answer, and what does it understand?"""

import asyncio
import struct

from reptidex.probe.registry import Failed

_API_VERSIONS = 18
_TIMEOUT = 20.0


async def api_versions(bootstrap: str) -> dict[int, tuple[int, int]]:
    """Return the (lowest, highest) version of each request the broker understands; raises Failed or OSError."""
    host, _, port = bootstrap.rpartition(":")
    async with asyncio.timeout(_TIMEOUT):
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        try:
            body = struct.pack(">hhih", _API_VERSIONS, 0, 7, 5) + b"probe"
            writer.write(struct.pack(">i", len(body)) + body)
            answer = await reader.readexactly(struct.unpack(">i", await reader.readexactly(4))[0])
        finally:
            writer.close()
    error, count = struct.unpack_from(">hi", answer, 4)
    if error:
        raise Failed(f"ApiVersions answered error {error}")
    rows = struct.iter_unpack(">hhh", answer[10 : 10 + 6 * count])
    return {key: (low, high) for key, low, high in rows}


async def answers(bootstrap: str) -> bool:
    """Tell whether the broker still answers."""
    try:
        await api_versions(bootstrap)
    except (OSError, TimeoutError, EOFError, Failed):
        return False
    return True
