"""F of a whole registry in one pass, and look-ups on it; ratios against the best library to be had, in the same run.

python -m benchmarks.kinship [--animals 100000] [--generations 20] [--shape breeders open everybody] [--rounds 3] [--postgres URL]
"""

import argparse
import asyncio
import os
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.kinship import lookups, whole, writes
from benchmarks.kinship.registry import SHAPES, Made, make

console = Console(highlight=False, width=120)


def show_whole(shape: str, made: Made, found: whole.Whole) -> None:
    """Print what the pass over a registry took."""
    table = Table(title=f"F of all {len(made.pedigree):,} animals ({shape})", title_justify="left")
    for column in ("side", "CPU s", "wall s", "x ours"):
        table.add_column(column, justify="left" if column == "side" else "right")
    sides = [("ours (numpy, ids to F)", found.ours), (f"{whole.PEER} (Rust, arrays to F)", found.peers)]
    for name, rounds in sides:
        if rounds:
            wall = min(one.seconds for one in rounds)
            table.add_row(
                name,
                f"{whole.median(rounds):.2f}",
                f"{wall:.2f}",
                f"{whole.median(rounds) / whole.median(found.ours):.2f}",
            )
        else:
            table.add_row(name, "not run", found.why_not, "")
    console.print(table)
    apart = f"; the two sides differ by at most {found.apart:.1e}" if found.apart is not None else ""
    console.print(f"  mean F of the last generation {found.figures[-len(made.last) :].mean():.4f}{apart}")


def show_lookups(times: lookups.Times, ancestors: float, where: str) -> None:
    """Print what single questions took."""
    table = Table(title=f"look-ups on it ({where}; {ancestors:,.0f} ancestors an animal)", title_justify="left")
    for column in ("question", "p50 ms", "p99 ms", "asked"):
        table.add_column(column, justify="left" if column == "question" else "right")
    for name, taken in times.items():
        p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
        table.add_row(name, f"{p50:.2f}", f"{p99:.2f}", str(len(taken)))
    console.print(table)


def show_writes(written: list[writes.Write]) -> None:
    """Print what writes took."""
    table = Table(title="writes to it (SQLite in memory)", title_justify="left")
    for column in ("write", "animals concerned", "CPU ms"):
        table.add_column(column, justify="left" if column == "write" else "right")
    for one in written:
        table.add_row(one.what, f"{one.concerned:,}", f"{one.cpu_ms:.1f}")
    console.print(table)


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--animals", type=int, default=100_000)
    parser.add_argument("--generations", type=int, default=20)
    parser.add_argument("--shape", nargs="*", choices=list(SHAPES), default=["breeders", "open"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lookups", type=int, default=2000)
    parser.add_argument(
        "--postgres", help="URL of an empty PostgreSQL database for the look-ups; else SQLite in a file"
    )
    parser.add_argument(
        "--peer-python", default="3.13", help="the interpreter for the peer: a version that uv finds, or a path"
    )
    told = parser.parse_args()
    console.print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for shape in told.shape:
        made = make(told.animals, told.generations, shape)
        with console.status(f"{shape}: F of all, {told.rounds} rounds taking turns"):
            found = whole.measure(made, told.rounds, told.peer_python)
        show_whole(shape, made, found)
        with console.status(f"{shape}: a database of the registry, and look-ups on it"):
            times, ancestors = asyncio.run(lookups.measure(made, found.figures, told.lookups, told.postgres))
        show_lookups(times, ancestors, "PostgreSQL" if told.postgres else "SQLite")
        with console.status(f"{shape}: writes"):
            written = asyncio.run(writes.measure(made, found.figures))
        show_writes(written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
