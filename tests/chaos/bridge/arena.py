"""A log, AWS at its worst, a bridge that is killed again and again, and the books that tell whether all of it crossed once."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import urllib.request
import uuid
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import aiokafka
import msgspec

from reptidex.agents.engine.topics import ensure_topics
from reptidex.agents.runtime import Worker
from reptidex.connectors.bridge.names import queue_name
from reptidex.settings import BRIDGE, Settings
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.testing import eventually, reached
from reptidex.testing.ports import free_ports
from tests.chaos.bridge.tally import Tally, TallyService
from tests.integration.bridge.clouds import ENV, Cloud
from tests.integration.bridge.said import event, key_of
from tests.integration.devlog.broker_process import BrokerProcess

ROOT = Path(__file__).resolve().parents[3]
OUT = ("order.updated", "animal.updated")
"""The ordered one first: a FIFO topic; then a standard one."""
IN = ("order.created", "animal.created")
FAULTS: dict[str, float] = {
    "repeat": 0.2,
    "reorder": 100,
    "lost_delete": 0.02,
    "failed_delete": 0.02,
    "throttle": 0.02,
    "broken": 0.01,
    "lost_answer": 0.01,
    "partial": 0.02,
    "slow": 0.05,
    "slow_s": 0.05,
    "expire": 0.02,
    "expire_s": 0.01,
}
LATE = 50
"""So many events come once more at the very end, as if 13 days later: far beyond what SQS deduplicates."""


class Arena:
    """Everything that a run needs."""

    def __init__(self, folder: Path, messages: int, keys: int, seed: int = 1, *, database: str = "") -> None:
        self.folder, self.messages, self.keys = folder, messages, keys
        self._database = {BRIDGE: database} if database else {}
        self._beside: list[subprocess.Popen[bytes]] = []
        """Further bridges."""
        self.chance = random.Random(seed)
        self.log = BrokerProcess(folder / "log", "--group-delay", "0.05")
        self.settings = Settings()
        self.kills = 0
        self._double: subprocess.Popen[bytes] | None = None
        self._bridge: subprocess.Popen[bytes] | None = None
        self._worker: Worker | None = None
        self._ends: list[int] = []
        self._output = folder / "bridge.out"

    async def open(self) -> None:
        """Start the log, AWS with its topics and queues, and the service that counts."""
        await self.log.start()
        ready = self.folder / "double.url"
        command = [sys.executable, "-m", "reptidex.doubles.aws_faults", "--ready-file", str(ready), "--seed", "7"]
        self._double = await asyncio.to_thread(subprocess.Popen, command, cwd=ROOT, stdout=subprocess.DEVNULL)
        await eventually(lambda: ready.exists() and ready.read_text(), 60)
        self.cloud = Cloud("faulty", ready.read_text())
        self.heard = [(await self.cloud.subscriber(name)).rsplit("/", 1)[-1] for name in OUT]
        self.inboxes = [
            (await self.cloud.queue(queue_name(BRIDGE, "inbound", ENV, fifo=fifo), visibility_s=5)).rsplit("/", 1)[-1]
            for fifo in (True, False)
        ]
        self.settings = Settings(
            log=self.log.bootstrap,
            state_dir=str(self.folder),
            session_timeout_s=6.0,
            fetch_wait_ms=50,
            database_urls=self._database,
        )
        await ensure_topics(self.settings)
        self._worker = Worker(TallyService(), self.settings, die=self._ends.append)
        await self._worker.start()

    async def close(self) -> None:
        """Leave nothing behind."""
        if self._worker is not None:
            await self._worker.stop()
        for process in (self._bridge, self._double, *self._beside):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(10)
        self.log.close()

    def control(self, **faults: float) -> None:
        """Say what goes wrong from now on."""
        self._call("PUT", "/_control", faults)

    def state(self) -> Any:
        """Return how the double stands."""
        return self._call("GET", "/_state")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.cloud.url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    def start_bridge(self, kill: str = "") -> None:
        """Start `reptidex bridge` in both directions; with `kill` the inbound side alone, which kills itself there."""
        self._bridge = self._started(kill)

    def start_another(self) -> "subprocess.Popen[bytes]":
        """Start one more bridge beside it; they need a database that serves several."""
        self._beside.append(self._started())
        return self._beside[-1]

    def _started(self, kill: str = "") -> "subprocess.Popen[bytes]":
        environment = {
            "REPTIDEX_LOG": self.log.bootstrap,
            "REPTIDEX_STATE_DIR": str(self.folder),
            "REPTIDEX_SESSION_TIMEOUT_S": "1.0",
            "REPTIDEX_FETCH_WAIT_MS": "50",
            "REPTIDEX_AWS_ENDPOINT": self.cloud.url,
            "REPTIDEX_BRIDGE_ENV": ENV,
            "REPTIDEX_BRIDGE_URL": f"http://127.0.0.1:{free_ports(1)[0]}",
            "REPTIDEX_BRIDGE_OUTBOUND": ",".join(OUT),
            "REPTIDEX_BRIDGE_INBOUND": ",".join(IN),
            "REPTIDEX_BRIDGE_WAIT_S": "1",
            "REPTIDEX_BRIDGE_THREADS": "8",
            **{f"REPTIDEX_{name.upper()}_DATABASE_URL": url for name, url in self._database.items()},
        }
        command = [sys.executable, "-m", "reptidex", "bridge", "--outbound", "--inbound"]
        if kill:
            command = [sys.executable, "-m", "tests.chaos.bridge.bridge_process", kill]
        with self._output.open("ab") as output:
            return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, **environment})

    async def killed(self, within_s: float = 60.0) -> None:
        """Wait until the bridge has killed itself."""
        assert self._bridge is not None
        await eventually(lambda: self._bridge is not None and self._bridge.poll() is not None, within_s)
        assert self._bridge.returncode == -signal.SIGKILL, self._output.read_text()[-3000:]
        self.kills += 1

    def kill_bridge(self) -> None:
        """Kill it with SIGKILL."""
        assert self._bridge is not None
        assert self._bridge.poll() is None, self._output.read_text()[-3000:]
        self._bridge.send_signal(signal.SIGKILL)
        self._bridge.wait(10)
        self.kills += 1

    async def stop_bridge(self) -> int:
        """Stop it in good order, and return its exit status."""
        assert self._bridge is not None
        self._bridge.terminate()
        return await asyncio.to_thread(self._bridge.wait, 60)

    async def say(self) -> None:
        """Put half of the outbound events on each topic of the log, versions counting up under each key."""
        producer = aiokafka.AIOKafkaProducer(bootstrap_servers=self.log.bootstrap, acks="all", linger_ms=5)
        await producer.start()
        try:
            sent = []
            for number in range(self.messages):
                name, place = OUT[number % 2], number // 2
                key = key_of(place % self.keys)
                raw = event(name, key=key, number=1 + place // self.keys, id=self._id("out", number))
                sent.append(await producer.send(name, raw, key=key.encode()))
                if len(sent) >= 2000:
                    await asyncio.gather(*sent)
                    sent = []
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def hand_in(self) -> None:
        """Put half of the inbound events into each queue; of the FIFO ones a fifth once more, past its memory."""
        for start in range(0, self.messages, 4000):
            fifo, standard = [], []
            for number in range(start, min(start + 4000, self.messages)):
                name, place = IN[number % 2], number // 2
                key, identity = key_of(place % self.keys), self._id("in", number)
                # Aggregates of the two events are told apart by the key's first half.
                key = key if number % 2 == 0 else key.replace("00000000", "11111111", 1)
                raw = event(name, key=key, number=1 + place // self.keys, id=identity).decode()
                if number % 2 == 0:
                    fifo.append((raw, key, identity))
                    if self.chance.random() < FAULTS["repeat"]:
                        fifo.append((raw, key, f"again-{identity}"))
                else:
                    standard.append((raw, "", ""))
            await asyncio.to_thread(self._call, "POST", f"/_put/{self.inboxes[0]}", fifo)
            await asyncio.to_thread(self._call, "POST", f"/_put/{self.inboxes[1]}", standard)

    async def hand_in_again(self) -> None:
        """Hand some events in once more, long after."""
        bodies = []
        for number in range(1, 2 * LATE, 2):
            key = key_of((number // 2) % self.keys).replace("00000000", "11111111", 1)
            place = number // 2
            raw = event(IN[1], key=key, number=1 + place // self.keys, id=self._id("in", number))
            bodies.append((raw.decode(), "", ""))
        await asyncio.to_thread(self._call, "POST", f"/_put/{self.inboxes[1]}", bodies)

    def _id(self, way: str, number: int) -> str:
        return str(uuid.UUID(int=(7 << 76) | (8 << 60) | (number << 1) | (way == "in")))

    async def out(self) -> int:
        """Return how many outbound events have arrived at their subscribers; repeats are left out once they could be all."""
        state, found = await asyncio.to_thread(self.state), 0
        for place, name in enumerate(self.heard):
            arrived, wanted = state["queues"][name]["arrived"], (self.messages + 1 - place) // 2
            found += arrived if arrived < wanted else len(set(await self._ids(name)))
        return found

    async def counted(self) -> int:
        """Return how many inbound events have been counted."""
        assert self._worker is not None
        rows = await Reader(self._worker.database).tally((Tally.c.times,), ())
        return sum(times * count for times, count in rows)

    async def all_in(self) -> None:
        """Wait until every inbound event has been counted."""
        await reached(self.counted, self.messages, "inbound events have been counted", look=self._look)

    async def all_across(self) -> None:
        """Wait until every event has crossed, both ways."""
        await self.all_in()
        await reached(self.out, self.messages, "outbound events have arrived", every=1.0, look=self._look)

    async def drained(self) -> None:
        """Wait until our queues are empty."""

        async def taken() -> int:
            state = await asyncio.to_thread(self.state)
            return -sum(int(state["queues"][name]["waiting"]) for name in self.inboxes)

        await reached(taken, 0, "messages wait in our queues", every=0.5, look=self._look)

    def _look(self) -> None:
        assert not self._ends, f"the worker that counts has ended with {self._ends}"
        assert self._bridge is not None
        assert self._bridge.poll() is None, f"the bridge has ended with {self._bridge.returncode}"

    def evidence(self) -> str:
        """Return how things stand, and what the bridge and the log have said last: a failed test shows it."""
        said = self._output.read_text(errors="replace").splitlines()[-100:] if self._output.exists() else []
        worker = json.dumps(msgspec.to_builtins(self._worker.figures())) if self._worker is not None else "no worker"
        parts = [f"--- {self._output}", *said, "--- the worker that counts", worker, "--- AWS"]
        try:
            parts.append(json.dumps(self.state()))
        except OSError as problem:
            parts.append(repr(problem))
        return "\n".join([*parts, self.log.evidence()])

    async def _ids(self, queue: str) -> list[str]:
        arrived = await asyncio.to_thread(self._call, "GET", f"/_arrived/{queue}")
        return [json.loads(body)["id"] for _, body in arrived]

    async def check_out(self) -> dict[str, int]:
        """Compare what the subscribers got with what was said; return the figures."""
        figures: dict[str, int] = {}
        for place, (name, queue) in enumerate(zip(OUT, self.heard, strict=True)):
            arrived = await asyncio.to_thread(self._call, "GET", f"/_arrived/{queue}")
            events = [json.loads(body) for _, body in arrived]
            counted = Counter(each["id"] for each in events)
            wanted = {self._id("out", number) for number in range(self.messages) if number % 2 == place}
            assert set(counted) == wanted, f"{name}: {len(wanted - set(counted))} lost"
            figures[f"{name} repeats"] = len(events) - len(wanted)
            firsts: dict[str, list[int]] = defaultdict(list)
            seen: set[str] = set()
            for each in events:
                if each["id"] not in seen:
                    seen.add(each["id"])
                    firsts[each["subject"]].append(int(each["sequence"]))
            assert all(versions == sorted(versions) for versions in firsts.values()), f"{name}: out of order"
        return figures

    async def check_in(self) -> dict[str, int]:
        """Compare what was counted with what was handed in; return the figures."""
        assert self._worker is not None
        expected: Counter[str] = Counter()
        for number in range(self.messages):
            key = key_of((number // 2) % self.keys)
            expected[key if number % 2 == 0 else key.replace("00000000", "11111111", 1)] += 1
        rows = {row.subject: row for row in await Reader(self._worker.database).find(select(Tally))}
        assert {key: row.times for key, row in rows.items()} == dict(expected)
        fifo = [row for key, row in rows.items() if key.startswith("00000000")]
        assert sum(row.backwards for row in fifo) == 0, "a FIFO group came out of order"
        figures = {"standard events out of order": sum(row.backwards for row in rows.values())}
        for name in IN:
            figures[f"{name} on the log"] = await self.records(name)
        return figures

    async def records(self, topic: str) -> int:
        """Return how many records a topic of the log has."""
        consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=self.log.bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            tps = [aiokafka.TopicPartition(topic, number) for number in range(self.settings.partitions)]
            return sum((await consumer.end_offsets(tps)).values())
        finally:
            await consumer.stop()

    async def letters(self) -> list[str]:
        """Return the reasons of the bridge's dead letters."""
        from reptidex.tables.database import Database
        from reptidex.tables.dead_letters import DeadLetterRow

        database = Database.open(self.settings.database_of(BRIDGE), worker=False, readers=1)
        try:
            rows = await Reader(database).find(select(DeadLetterRow))
            return [f"{row.letter_id}: {row.error}: {row.cause}" for row in rows]
        finally:
            await database.close()


def shown(figures: dict[str, int]) -> str:
    """Return figures on one line."""
    return ", ".join(f"{name} {count}" for name, count in figures.items())
