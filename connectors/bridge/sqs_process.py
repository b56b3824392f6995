"""The process beside the bridge: it calls SQS, and does nothing else.

Half a millisecond of Python goes into each call of boto3, and two are needed for ten messages. In the bridge's own process its
threads and the loop would wait for one interpreter's lock, and a second core for nobody.

`python -m reptidex.connectors.bridge.sqs_process FD` serves the socket FD and ends with it: whoever holds the other end, however
that one ends. What SQS was giving at that moment it shows again.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from reptidex.connectors.bridge import verdicts
from reptidex.connectors.bridge.answers import PlainParsers
from reptidex.connectors.bridge.clients import quick_client
from reptidex.connectors.bridge.polling import Polls
from reptidex.connectors.bridge.sqs import Received, SqsCalls
from reptidex.connectors.bridge.sqs_frames import (
    Ask,
    Begin,
    Brought,
    Ended,
    Pace,
    Ping,
    Poll,
    Report,
    Stop,
    Told,
    decode_order,
    framed,
    packed,
    read_frame,
)
from reptidex.settings import Settings


class Serving:
    """Does what it is asked to over a socket."""

    def __init__(self, end: socket.socket, calls: SqsCalls, threads: int) -> None:
        self._end, self._calls, self._one = end, calls, threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sqs")
        self._polls: dict[int, Polls[list[Received]]] = {}

    def obey(self, order: Any) -> None:
        """Begin what was asked for."""
        match order:
            case Ask():
                self._pool.submit(self._answer, order)
            case Poll(number=number, queue=queue, wait_s=wait_s):
                self._polls[number] = Polls(
                    lambda: self._calls.take(queue, wait_s),
                    order.count,
                    bring=lambda brought: self._bring(number, brought),
                    ended=lambda: self._say(Ended(number=number)),
                )
            case Pace():
                self._polls[order.number].pace(held=order.held, pause_s=order.pause_s)
            case Ping():
                self._say(Told(number=order.number))
            case Stop():
                self._polls[order.number].stop()

    def _answer(self, asked: Ask) -> None:
        call: Callable[..., Any] = getattr(self._calls, asked.call)
        try:
            told = Told(number=asked.number, value=_packed(call(*asked.arguments)))
        except Exception as problem:  # noqa: BLE001 - whoever has asked hears of it
            told = Told(number=asked.number, failed=verdicts.of_call(problem, 1))
        self._say(told)

    def _bring(self, number: int, brought: list[Received] | Exception) -> None:
        try:
            self._say(_told(number, brought))
        except UnicodeEncodeError:
            self._say(_told(number, brought if isinstance(brought, Exception) else list(map(_escaped, brought))))

    def _say(self, report: Report) -> None:
        # Blocks while the bridge does not read: so the polls are held up, and nothing heaps up between the two.
        raw = framed(report)
        with self._one:
            self._end.sendall(raw)


def _told(number: int, brought: list[Received] | Exception) -> Brought:
    if isinstance(brought, Exception):
        return Brought(number=number, failed=verdicts.of_call(brought, 1))
    return Brought(number=number, messages=brought)


def _packed(value: Any) -> msgspec.Raw:
    try:
        return packed(value)
    except UnicodeEncodeError:
        return packed(list(map(_escaped, value)))


def _escaped(message: Received) -> Received:
    """Write half of a surrogate pair, which no frame holds, as an escape: so it can be told, and is refused where it is read."""

    def text(value: Any) -> Any:
        return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value

    attributes = {name: {key: text(value) for key, value in each.items()} for name, each in message.attributes.items()}
    return msgspec.structs.replace(message, body=text(message.body), attributes=attributes)


def main() -> None:
    """Serve until the other side is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(
            number, signal.SIG_IGN
        )  # Ctrl-C reaches a whole group; the bridge still needs us to stop in order
    end = socket.socket(fileno=int(sys.argv[1]))
    try:
        begin = decode_order(read_frame(end))
        assert isinstance(begin, Begin)
        client = quick_client(
            Settings(aws_endpoint=begin.endpoint, aws_region=begin.region),
            "sqs",
            connections=begin.connections,
            read_s=begin.read_s,
            parsers=PlainParsers(),
        )
        serving = Serving(end, SqsCalls(client), begin.threads)
        while True:
            serving.obey(decode_order(read_frame(end)))
    except (EOFError, OSError):
        os._exit(0)  # the threads may be in the middle of a long poll


if __name__ == "__main__":
    main()
