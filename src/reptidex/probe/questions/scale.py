"""Many partitions, and the command-line client of the distributions."""

import asyncio
import shutil
import subprocess
import time

from aiokafka.admin import NewTopic

from reptidex.probe.clients import admin, librdkafka_admin, make_topic
from reptidex.probe.registry import Skipped, Target, probe, require

_KCAT_LIMIT = 35


@probe("meta_100x8", 90)
async def hundreds_of_partitions(target: Target) -> str:
    """How long do 100 topics of 8 partitions take to create, and to describe?"""
    began = time.perf_counter()
    async with admin(target) as client:
        for first in range(0, 100, 20):
            wanted = [NewTopic(target.name(f"m{first + n}"), 8, target.replication) for n in range(20)]
            answer = await client.create_topics(wanted)
            require(not [row for row in answer.topic_errors if row[1]], answer.topic_errors[:2])
    created = time.perf_counter() - began

    def ask() -> list[float]:
        client, times = librdkafka_admin(target), []
        for _ in range(20):
            began = time.perf_counter()
            client.list_topics(timeout=20)
            times.append((time.perf_counter() - began) * 1000)
        return sorted(times)

    times = await asyncio.to_thread(ask)
    return f"created in {created:.2f} s; metadata median {times[10]:.1f} ms, worst {times[-1]:.1f} ms"


@probe("kcat", 90)
async def kcat(target: Target) -> str:
    """Does kcat write, read, list and look up?"""
    program = shutil.which("kcat")
    if program is None:
        raise Skipped("kcat is not installed")
    topic = await make_topic(target, "kcat", 2)

    def call(*arguments: str, given: bytes = b"") -> bytes:
        command = [program, "-b", target.bootstrap, *arguments]
        done = subprocess.run(command, input=given, capture_output=True, timeout=_KCAT_LIMIT, check=False)
        require(done.returncode == 0, f"kcat {' '.join(arguments)}: {done.stderr[-300:]!r}")
        return done.stdout

    def exchange() -> str:
        settings = ("-K:", "-H", "h=1", "-z", "snappy", "-X", "message.timeout.ms=30000")
        call("-P", "-t", topic, *settings, given=b"a:1\nb:2\nc:3\n")
        read = call("-C", "-t", topic, "-e", "-q", "-o", "beginning", "-f", "%k=%s\\n")
        require(sorted(read.split()) == [b"a=1", b"b=2", b"c=3"], read)
        call("-L", "-t", topic)
        return call("-Q", "-t", f"{topic}:0:1").decode().strip()

    return await asyncio.to_thread(exchange)
