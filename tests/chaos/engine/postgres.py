"""A PostgreSQL cluster of one's own, for as long as a test session lasts."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reptidex.testing.ports import free_ports

DATABASES = Path(__file__).resolve().parents[3] / "deploy" / "postgres" / "databases.sh"
"""Makes the databases and roles of docker-compose.yml."""
FLEETING = "-c fsync=off -c full_page_writes=off"
"""Its processes may be killed, which costs nothing of what was committed; the power does not fail during a test."""


class Cluster:
    """A private cluster on a free port of the loopback interface; with `passwords` it asks for them there."""

    def __init__(self, binaries: Path, *, passwords: bool = False) -> None:
        self._binaries = binaries
        self._auth = "scram-sha-256" if passwords else "trust"
        self._folder = Path(tempfile.mkdtemp(prefix="rxpg"))
        self._user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:
            shutil.chown(self._folder, self._user)
        self.port = free_ports(1)[0]

    def start(self) -> None:
        """Make the cluster and start it."""
        data = self._folder / "data"
        admitted = ("--auth-local=trust", f"--auth-host={self._auth}")
        self._run("initdb", "-D", str(data), *admitted, "-U", "postgres", "--no-sync")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} {FLEETING}"
        self._run("pg_ctl", "-D", str(data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it and throw it away."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def database(self, name: str) -> str:
        """Make a database and return its URL."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"

    def of_services(self, *names: str) -> dict[str, str]:
        """Make a database and a role for each name, as docker-compose.yml does, and return their URLs."""
        urls, folder = {}, Path(tempfile.mkdtemp(dir=self._folder))
        for name in names:
            password = secrets.token_hex(20)
            (folder / f"postgres_{name}").write_text(password)
            urls[name] = f"postgresql+asyncpg://repti_{name}:{password}@127.0.0.1:{self.port}/repti_{name}_db"
        environment = {
            "PATH": f"{self._binaries}:{os.environ['PATH']}",
            "PGHOST": str(self._folder),
            "PGPORT": str(self.port),
            "POSTGRES_USER": "postgres",
            "SERVICE_DATABASES": " ".join(names),
            "SERVICE_PASSWORDS": str(folder),
        }
        subprocess.run(["sh", str(DATABASES)], check=True, env=environment, stdout=subprocess.DEVNULL, timeout=60)
        return urls

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        user = self._user if os.getuid() == 0 else None
        subprocess.run(command, check=True, user=user, cwd=self._folder, stdout=subprocess.DEVNULL, timeout=60)


def running_cluster(*, passwords: bool = False) -> Iterator[Cluster]:
    """Yield a cluster that runs; skip the test, with the reason, where PostgreSQL cannot be had."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL's programs (initdb, pg_ctl) are not installed here")
    cluster = Cluster(programs, passwords=passwords)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def binaries() -> Path | None:
    """Return where PostgreSQL's programs are; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None
