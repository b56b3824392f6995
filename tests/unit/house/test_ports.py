"""Ports that two who ask at once do not both get, and that no outgoing connection takes."""

import socket
import subprocess
import sys

from reptidex.testing.ports import FIRST, LAST, free_ports

ASK = f"import random; random.seed(1); from {free_ports.__module__} import free_ports; print(*free_ports(5)); input()"


def test_processes_that_choose_alike_get_different_ports_that_can_be_listened_on() -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    given = [process.stdout.readline().split() for process in processes if process.stdout]
    for process in processes:
        process.communicate("\n", timeout=60)
    listeners = [socket.create_server(("127.0.0.1", int(port))) for ports in given for port in ports]
    for each in listeners:
        each.close()

    assert len({port for ports in given for port in ports}) == 10


def test_they_lie_below_what_linux_gives_to_outgoing_connections() -> None:
    assert all(FIRST <= port < LAST < 32_768 for port in free_ports(20))
