"""The process that calls SQS: it ends with the bridge, and where it ends by itself whoever waits for it hears of it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from reptidex.connectors.bridge.sqs_beside import Beside
from reptidex.connectors.bridge.sqs_frames import Begin
from reptidex.connectors.bridge.verdicts import CallError, Fate
from reptidex.doubles.web import served
from reptidex.errors import UnavailableError
from reptidex.testing import eventually
from reptidex.testing.ports import free_ports


@contextlib.asynccontextmanager
async def silent_sqs() -> AsyncIterator[tuple[str, Callable[[], int]]]:
    """Serve what takes calls and answers none; gives its URL, and how many wait."""
    waiting = list[asyncio.StreamWriter]()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting.append(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", lambda: len(waiting)
    finally:
        server.close()
        for each in waiting:
            each.close()
        await server.wait_closed()


def begin(url: str) -> Begin:
    return Begin(endpoint=url, region="eu-central-1", threads=2, connections=4, read_s=60)


def is_there(pid: int) -> bool:
    """Say whether a process runs; one that has ended and waits to be asked for it does not."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


async def test_it_ends_with_its_bridge_though_a_long_poll_is_under_way() -> None:
    async with silent_sqs() as (url, waiting):
        beside = Beside(begin(url))
        hearing = await beside.start()
        queue = await beside.queue(f"{url}/1/q", 20)
        heard: list[object] = []
        polling = asyncio.create_task(queue.poll(2, heard.append))
        await eventually(lambda: waiting() == 2, why="both polls are under way")

        async with asyncio.timeout(10):
            await beside.stop()

        assert not is_there(beside.pid)
        with pytest.raises(UnavailableError, match="has ended"):
            await hearing
        polling.cancel()
        assert heard == []


async def test_where_it_is_killed_calls_fail_and_may_be_tried_again() -> None:
    async with silent_sqs() as (url, waiting):
        beside = Beside(begin(url))
        hearing = await beside.start()
        queue = await beside.queue(f"{url}/1/q", 20)
        asked = asyncio.create_task(queue.receive(wait_s=20))
        deleting = asyncio.create_task(queue.delete(["a", "b"]))
        await eventually(lambda: waiting() == 2)

        os.kill(beside.pid, signal.SIGKILL)

        with pytest.raises(UnavailableError, match="has ended"):
            await hearing
        with pytest.raises(CallError, match="ProcessEnded"):
            await asked
        assert [verdict.fate for verdict in await deleting] == [Fate.AGAIN] * 2
        with pytest.raises(CallError, match="ProcessEnded"):
            await queue.visibility_s()
        await beside.stop()


async def test_a_call_that_fails_is_judged_where_it_is_made() -> None:
    beside = Beside(begin(f"http://127.0.0.1:{free_ports(1)[0]}"))
    hearing = await beside.start()
    with pytest.raises(CallError, match="EndpointConnectionError") as failed:
        await beside.queue("a-name", 20)
    assert failed.value.verdict.fate is Fate.AGAIN
    await beside.stop()
    with pytest.raises(UnavailableError):
        await hearing


HOLDER = """
import asyncio, sys
from reptidex.connectors.bridge.sqs_beside import Beside
from reptidex.connectors.bridge.sqs_frames import Begin

async def main():
    beside = Beside(Begin(endpoint=sys.argv[1], region="eu-central-1", threads=2, connections=4, read_s=60))
    await beside.start()
    queue = await beside.queue(f"{sys.argv[1]}/1/q", 20)
    print(beside.pid, flush=True)
    await queue.poll(1, print)

asyncio.run(main())
"""


async def test_it_ends_where_its_bridge_is_killed() -> None:
    async with silent_sqs() as (url, waiting):
        holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, url, stdout=subprocess.PIPE)
        assert holder.stdout is not None
        pid = int(await holder.stdout.readline())
        await eventually(lambda: waiting() == 1)

        holder.kill()
        await holder.wait()

        await eventually(lambda: not is_there(pid))


async def test_what_lies_in_the_working_directory_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit('not the one that is meant')")
    monkeypatch.chdir(tmp_path)
    beside = Beside(begin(f"http://127.0.0.1:{free_ports(1)[0]}"))
    hearing = await beside.start()
    with pytest.raises(CallError, match="EndpointConnectionError"):
        await beside.queue("a-name", 20)
    await beside.stop()
    with pytest.raises(UnavailableError):
        await hearing


def showing(*bodies: str) -> Callable[[str], web.Application]:
    """Return what builds an SQS that shows one message after the other, as they are written in JSON."""
    left = list(bodies)

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        messages = ""
        if left and request.headers["X-Amz-Target"].endswith("ReceiveMessage"):
            messages = f'{{"MessageId":"m","ReceiptHandle":"h","Body":"{left.pop(0)}"}}'
        return web.Response(text=f'{{"Messages":[{messages}]}}', content_type="application/x-amz-json-1.0")

    def build(url: str) -> web.Application:
        app = web.Application()
        app.router.add_post("/", answer)
        return app

    return build


async def test_where_it_hangs_it_is_ended_and_whoever_waits_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reptidex.connectors.bridge.sqs_beside.LOOK_S", 0.05)
    monkeypatch.setattr("reptidex.connectors.bridge.sqs_beside.PATIENCE_S", 2.0)
    async with silent_sqs() as (url, waiting):
        beside = Beside(begin(url))
        hearing = await beside.start()
        queue = await beside.queue(f"{url}/1/q", 20)
        hiding = [asyncio.create_task(queue.hide([("a", 30)])) for _ in range(3)]  # one more than it has threads
        await eventually(lambda: waiting() == 2)
        await asyncio.sleep(3)  # longer than its patience: what is shown is that nothing happens
        assert is_there(beside.pid), "that AWS keeps silent is no fault of its own"

        os.kill(beside.pid, signal.SIGSTOP)

        async with asyncio.timeout(10):
            with pytest.raises(UnavailableError, match="has ended"):
                await hearing
        assert [each.fate for said in await asyncio.gather(*hiding) for each in said] == [Fate.AGAIN] * 3
        await beside.stop()


async def test_a_message_that_no_text_can_be_does_not_end_one_receive() -> None:
    async with served(showing(r"a\ud800z")) as url:
        beside = Beside(begin(url))
        hearing = await beside.start()
        queue = await beside.queue(f"{url}/1/q", 1)

        assert [message.body for message in await queue.receive(wait_s=1)] == [r"a\ud800z"]

        await beside.stop()
        with pytest.raises(UnavailableError):
            await hearing


async def test_a_message_that_no_text_can_be_does_not_end_the_poll_that_brought_it() -> None:
    async with served(showing(r"a\ud800z", "next")) as url:
        beside = Beside(begin(url))
        hearing = await beside.start()
        queue = await beside.queue(f"{url}/1/q", 1)
        heard: list[Any] = []
        polling = asyncio.create_task(queue.poll(1, heard.append))

        await eventually(lambda: len(heard) >= 2, why="both messages are brought by the one poll")
        assert [message.body for brought in heard[:2] for message in brought] == [r"a\ud800z", "next"]

        await beside.stop()
        with pytest.raises(UnavailableError):
            await hearing
        polling.cancel()
