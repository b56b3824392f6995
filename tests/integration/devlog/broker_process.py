"""The log in a process of its own, to be killed and started again."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from reptidex.testing import eventually
from reptidex.testing.ports import free_ports

START_LIMIT = 60.0
"""For a log that hangs: one that ends is seen at once, and one that starts has only to be given the processor."""


class BrokerProcess:
    """Run `python -m reptidex.devlog` on a directory, always on the same port."""

    def __init__(self, data_dir: Path, *options: str, prefix: tuple[str, ...] = ()) -> None:
        self.data_dir = data_dir
        self.output = data_dir.with_name(data_dir.name + ".out")
        self._options = options
        self._prefix = prefix
        self._ready = data_dir.with_name(data_dir.name + ".ready")
        self._port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Return "host:port"."""
        return f"127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """Return the port."""
        return self._port

    @property
    def cpu_s(self) -> float:
        """Return the seconds of CPU that the running process has used: on a busy machine as many as on an idle one."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def pid(self) -> int:
        """Return the process id."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start and return when it listens."""
        self._ready.unlink(missing_ok=True)
        command = [*self._prefix, sys.executable, "-m", "reptidex.devlog", "--data-dir", str(self.data_dir)]
        command += ["--port", str(self._port), "--ready-file", str(self._ready), *self._options]
        self._spawn(command)
        await eventually(self._is_ready, START_LIMIT)

    def _spawn(self, command: list[str]) -> None:
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.output.read_text()
        return self._ready.exists()

    def kill(self) -> None:
        """Kill it with SIGKILL and reap it."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Stop it with SIGTERM and return its exit code."""
        return self._end(signal.SIGTERM)

    def evidence(self) -> str:
        """Return how it stands, and what it has said last: a failed test shows it."""
        ended = self._process.poll() if self._process is not None else "never started"
        said = self.output.read_text(errors="replace").splitlines()[-60:] if self.output.exists() else []
        state = f"the log {self.bootstrap} {'runs' if ended is None else f'has ended: {ended}'}"
        return "\n".join([state, f"--- the end of {self.output}", *said])

    def close(self) -> None:
        """Leave no process behind."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.kill()

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        os.killpg(self._process.pid, number)  # with what traces it, if anything does
        return self._process.wait(40)
