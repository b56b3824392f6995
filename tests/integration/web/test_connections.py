"""What a connection may do: how long it may say nothing, what it may expect, and how long a head may be."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest


async def _open(stand: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(urlsplit(stand.url).hostname, urlsplit(stand.url).port)


async def _said(stand: Any, text: bytes) -> bytes:
    """Return what is answered until the connection is closed."""
    reader, writer = await _open(stand)
    writer.write(text)
    found = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return found


@pytest.mark.parametrize("begun", [b"", b"GET /picture HTTP/1.1\r\nHost: a\r\nX-Slow: "])
async def test_a_connection_that_sends_no_request_is_closed(start: Any, begun: bytes) -> None:
    stand = await start(head_s=0.5)

    assert await _said(stand, begun) == b""


async def test_a_connection_that_has_sent_one_may_be_idle(start: Any) -> None:
    stand = await start(head_s=0.2)
    reader, writer = await _open(stand)
    writer.write(b"GET /picture HTTP/1.1\r\nHost: a\r\n\r\n")
    first = await reader.readuntil(b"<svg/>")
    await _said(stand, b"")  # two looks at the connections have gone by: this one was made later, and is closed
    writer.write(b"GET /picture HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert b"200 OK" in first
    assert b"200 OK" in await asyncio.wait_for(reader.read(), 30)
    writer.close()


async def test_a_body_that_would_be_refused_is_not_asked_for(stand: Any) -> None:
    head = "POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\nExpect: {}\r\n\r\n"
    taken = await _said(stand, head.format(3, "100-continue").encode() + b"abc")
    reader, writer = await _open(stand)
    writer.write(head.format(6000, "100-continue").encode())
    long = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    writer.close()
    other = await _said(stand, head.format(3, "a-miracle").encode() + b"abc")

    assert taken.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    assert long.startswith(b"HTTP/1.1 413")
    assert other.startswith(b"HTTP/1.1 417")


@pytest.mark.parametrize(
    "text",
    [
        b"GET /picture HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"no http at all\r\n\r\n",
        b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n",
        b"GET /picture HTTP/1.1\r\nHost: a\r\nBad\x00Name: 1\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused_and_cut_off(stand: Any, text: bytes) -> None:
    assert (await _said(stand, text)).startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))


async def test_a_compressed_body_is_not_unpacked(stand: Any) -> None:
    status, body, _ = await stand.call("POST", "/upload", data=b"x" * 10, headers={"Content-Encoding": "gzip"})

    assert (status, body["type"]) == (415, "urn:reptidex:problem:media-type")
