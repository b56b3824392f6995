"""Ports for processes that are started a moment later, and perhaps again."""

import contextlib
import random
import socket

FIRST, LAST = 20_000, 32_000
"""Below what systems give to outgoing connections (Linux from 32768 on, others from 49152 on): no connection of anybody takes
one of these between the choice and the start, or while a process that was killed is started again."""

_held: list[socket.socket] = []


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that nobody listens on, and that nobody else is given as long as this process lives.

    What keeps others who ask here from the same choice is the UDP socket of the same number, which is held.
    Raises `OSError` where hardly a port is free.
    """
    found: list[int] = []
    for port in random.sample(range(FIRST, LAST), LAST - FIRST):
        if len(found) == count:
            return found
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            claim = socket.socket(type=socket.SOCK_DGRAM)
            try:
                claim.bind(("127.0.0.1", port))
            except OSError:
                claim.close()
                continue
            _held.append(claim)
            found.append(port)
    raise OSError(f"only {len(found)} of {count} ports are free between {FIRST} and {LAST}")
