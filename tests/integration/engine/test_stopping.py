"""A worker told to stop ends by itself, also while it has not started yet."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from reptidex.testing.ports import free_ports


def test_a_worker_that_still_waits_for_its_log_stops_when_it_is_told_to(tmp_path: Path) -> None:
    [closed] = free_ports(1)
    environment = {**os.environ, "REPTIDEX_LOG": f"127.0.0.1:{closed}", "REPTIDEX_STATE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "reptidex", "run", "ops"]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert any("waiting for the log" in line for line in worker.stdout)
        worker.send_signal(signal.SIGTERM)

        assert worker.wait(10) == 0
