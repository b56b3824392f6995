"""Requests byte by byte, for what no client library would send."""

import asyncio
import struct

HUNG = 30.0
"""An answer that has not come after so many seconds does not come, however busy the machine is."""


class RawClient:
    """One connection to a broker on this machine."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> "RawClient":
        """Open a connection."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, api: int, version: int, body: bytes = b"", correlation: int = 1, header_tags: bytes = b"") -> None:
        """Send a request; `header_tags` are the tagged fields of a flexible header."""
        frame = struct.pack(">hhih", api, version, correlation, 4) + b"test" + header_tags + body
        self.send_bytes(struct.pack(">i", len(frame)) + frame)

    def send_bytes(self, data: bytes) -> None:
        """Send anything."""
        self._writer.write(data)

    async def answer(self, within: float = HUNG) -> bytes:
        """Return the next answer without its length; raises IncompleteReadError when the connection was closed."""
        async with asyncio.timeout(within):
            size = struct.unpack(">i", await self._reader.readexactly(4))[0]
            return await self._reader.readexactly(size)

    async def closed(self, within: float = HUNG) -> bool:
        """Wait until the broker closes the connection."""
        try:
            async with asyncio.timeout(within):
                return await self._reader.read() == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
