"""F of every animal in one pass, ours against the peer's, taking turns."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.kinship.registry import Made
from reptidex.domain.studbook.arrays import Figures
from reptidex.domain.studbook.book import Studbook
from reptidex.domain.studbook.inbreeding import inbreeding

PEER = "pedigree-graph==0.13.*"


class Took(msgspec.Struct, frozen=True):
    """What one round took."""

    seconds: float
    cpu: float


class Whole(msgspec.Struct, frozen=True):
    """The rounds of both sides; the peer's are missing where it cannot be had, for the reason given."""

    ours: list[Took]
    peers: list[Took]
    figures: Figures
    apart: float | None
    """The largest difference between the two sides' F."""
    why_not: str = ""

    def ratio(self) -> float | None:
        """How many times the peer's CPU time ours is below; None without a peer."""
        if not self.peers:
            return None
        return median(self.peers) / median(self.ours)


def median(rounds: list[Took]) -> float:
    """Return the median CPU time."""
    return statistics.median(one.cpu for one in rounds)


def measure(made: Made, rounds: int, python: str) -> Whole:
    """Work out F of a whole registry, ours from ids, the peer from ready arrays."""
    ours, peers, why_not = [], list[Took](), ""
    with tempfile.TemporaryDirectory() as folder:
        book = Studbook(made.pedigree)
        file = Path(folder) / "registry.npz"
        np.savez(file, sires=book.sires, dams=book.dams)
        for _ in range(rounds):
            begin, cpu = time.perf_counter(), time.process_time()
            figures = inbreeding(Studbook(made.pedigree))
            ours.append(Took(time.perf_counter() - begin, time.process_time() - cpu))
            if not why_not:
                try:
                    peers += _peer(file, python)
                except (RuntimeError, OSError, subprocess.TimeoutExpired) as problem:
                    why_not = str(problem)
        theirs = Path(f"{file}.peer.npy")
        apart = float(np.abs(np.load(theirs) - figures).max()) if theirs.exists() else None
    return Whole(ours, peers, figures, apart, why_not)


def _peer(file: Path, python: str) -> list[Took]:
    uv = Path(sys.executable).with_name("uv")
    script = Path(__file__).with_name("peer.py")
    command = [str(uv), "run", "-q", "--no-project", "--no-python-downloads", "--python", python, "--with", PEER]
    done = subprocess.run(
        [*command, "python", str(script), str(file), "1"], capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or "it failed").splitlines()[-1])
    return [msgspec.json.decode(line, type=Took) for line in done.stdout.splitlines()]
