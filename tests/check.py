"""The whole check, as `make test` runs it: each step timed, every skip listed with its reason, one verdict at the end.

python tests/check.py [--only NAME ...] [--list]
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
PYTHON = sys.executable
COMPOSE_CHECK = "github.com/compose-spec/compose-go/v2/cmd@v2.9.0"
TERRAFORM_SCHEMA = "cdktf-cdktf-provider-aws==21.22.1"
TERRAFORM_READER = "github.com/hashicorp/terraform-config-inspect@v0.0.0-20260904064934-75d64de68c31"


ON_POSTGRES = (
    "runs_through", "reaches_every", "own_role", "whole_collection", "keeping_is_noted", "poisoned", "inbreeding",
    "parts_given_back", "erased_person", "spoilt_search",
)  # fmt: skip
"""The two flows, and what asks most of a database: imports, lineages of some depth, refunds, erasure, the search rebuilt."""


class Outcome(NamedTuple):
    """How a step ended."""

    ok: bool
    skipped: list[str]
    counts: str = ""


def run(*command: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a command, show its output as it comes, and return its exit code and output."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    return process.wait(), "".join(lines)


def module(name: str, *arguments: str) -> Callable[[], Outcome]:
    """Return a step that runs a Python module."""
    return lambda: Outcome(run(PYTHON, "-m", name, *arguments)[0] == 0, [])


def lint_imports() -> Outcome:
    """Check the import rules."""
    return Outcome(run(str(Path(PYTHON).parent / "lint-imports"))[0] == 0, [])


def compose() -> Outcome:
    """Check docker-compose.yml with Docker's own parser, by the plugin or as the library built from the Go module proxy."""
    run(PYTHON, "-m", "reptidex.platform.compose_secrets")
    if (
        shutil.which("docker")
        and subprocess.run(["docker", "compose", "version"], check=False, capture_output=True).returncode == 0
    ):
        return Outcome(run("docker", "compose", "config", "--quiet")[0] == 0, [])
    checker = TOOLS / "compose" / "cmd"
    if not checker.exists():
        if not shutil.which("go"):
            return Outcome(True, ["docker-compose.yml not linted: neither the compose plugin nor Go is here"])
        built = run("go", "install", COMPOSE_CHECK, environment={"GOBIN": str(checker.parent)})[0] == 0
        if not built:
            return Outcome(True, ["docker-compose.yml not linted: compose-go could not be built"])
    done = subprocess.run([checker, "docker-compose.yml"], check=False, cwd=ROOT, capture_output=True, text=True)
    print(done.stderr or "docker-compose.yml is valid")
    return Outcome(done.returncode == 0, [])


def terraform() -> Outcome:
    """Fetch what our Terraform export is read with: Terraform's own parser, and its AWS provider's schema."""
    home, skipped = TOOLS / "terraform", []
    if not (home / "terraform-config-inspect").exists():
        if not shutil.which("go"):
            skipped.append("Terraform export not read by Terraform's parser: Go is not here")
        elif run("go", "install", TERRAFORM_READER, environment={"GOBIN": str(home)})[0] != 0:
            skipped.append("Terraform export not read by Terraform's parser: it could not be built")
    if not list(home.glob("cdktf_cdktf_provider_aws-*.whl")):
        fetch = (
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
            str(home),
            TERRAFORM_SCHEMA,
        )
        if run(PYTHON, *fetch)[0] != 0:
            skipped.append("Terraform export not compared with the AWS provider's schema: it could not be fetched")
    return Outcome(True, skipped)


def promtool() -> Outcome:
    """Fetch Prometheus's own tool where it is missing: it raises our alerts over recorded series."""
    home = TOOLS / "prometheus"
    if shutil.which("promtool") or (home / "usr" / "bin" / "promtool").exists():
        return Outcome(True, [])
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        home.mkdir(parents=True, exist_ok=True)
        unpack = (
            f"cd {home} && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb"
        )
        if run("sh", "-c", unpack)[0] == 0:
            return Outcome(True, [])
    return Outcome(True, ["alerts not raised over recorded series: promtool is not here, and cannot be fetched"])


def engine_of_containers() -> Outcome:
    """Say whether Docker paths can run here."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], check=False, capture_output=True).returncode == 0:
        return Outcome(True, [])
    return Outcome(True, ["testcontainers, compose up, Redpanda: no container engine runs here"])


def postgres() -> Outcome:
    """Install PostgreSQL where it is missing and may be installed; tests start private clusters of their own."""
    if list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb"):
        return Outcome(True, [])
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null"
        if run("sh", "-c", install)[0] == 0:
            return Outcome(True, [])
    return Outcome(True, ["PostgreSQL suites: no PostgreSQL here, and it cannot be installed"])


def producers() -> Outcome:
    """Install the tools of outside producers where they are missing and may be installed: kcat, curl, and the AWS CLI."""
    missing = [name for name in ("kcat", "curl") if not shutil.which(name)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        names = " ".join(missing)
        install = f"apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq {names} >/dev/null"
        run("sh", "-c", install)
        missing = [name for name in missing if not shutil.which(name)]
    skipped = [f"recipes for producers: {name} is not here, and cannot be installed" for name in missing]
    skipped += _tool("awscli", "awscli==1.46.3", "aws")
    return Outcome(True, skipped)


def emulator() -> Outcome:
    """Install the second emulator of AWS; the conformance suite then runs on it too."""
    return Outcome(True, _tool("ministack", "ministack==1.5.33", "ministack"))


def _tool(name: str, requirement: str, command: str) -> list[str]:
    """Install a program in an environment of its own, since it pins what we use too; return what is skipped without it."""
    home = TOOLS / name
    if (home / "bin" / command).exists():
        return []
    uv = str(Path(PYTHON).parent / "uv")
    made = run(PYTHON, "-m", "venv", str(home))[0] == 0
    if made and run(uv, "pip", "install", "-q", "--python", str(home / "bin" / "python"), requirement)[0] == 0:
        return []
    shutil.rmtree(home, ignore_errors=True)
    return [f"what needs {command}: {requirement} cannot be installed"]


def kafka() -> Outcome:
    """Fetch Apache Kafka from Maven Central where Java and Maven are; the integration suites then run on it too."""
    code, said = run(PYTHON, "-m", "tests.brokers.apache_kafka", "--fetch", environment={"PYTHONPATH": str(ROOT)})
    reason = said.strip().splitlines()[-1] if said.strip() else "it could not be fetched"
    return Outcome(True, [] if code == 0 else [f"Apache Kafka suites: {reason}"])


def pytest(*arguments: str, broker: str = "embedded", database: str = "sqlite") -> Callable[[], Outcome]:
    """Return a step that runs tests on a broker and a kind of database, and collects what they skipped."""

    def step() -> Outcome:
        print(f"broker: {broker}, database: {database}", flush=True)
        command = (PYTHON, "-m", "pytest", "-q", "-rs", "--no-header", "--hypothesis-profile=check", *arguments)
        code, said = run(*command, environment={"REPTIDEX_TEST_BROKER": broker, "REPTIDEX_TEST_DATABASE": database})
        skipped = re.findall(r"^SKIPPED \[\d+\] (.*)$", said, re.MULTILINE)
        closing = [line for line in said.splitlines() if re.search(r"\d+ (passed|failed)", line)]
        return Outcome(code in (0, 5), skipped, closing[-1].strip("= ") if closing else "no tests")

    return step


STEPS: dict[str, Callable[[], Outcome]] = {
    "format": module("ruff", "format", "--check", "-q", "."),
    "lint": module("ruff", "check", "-q", "."),
    "imports": lint_imports,
    "types": module("mypy"),
    "compose": compose,
    "terraform": terraform,
    "promtool": promtool,
    "containers": engine_of_containers,
    "postgres": postgres,
    "kafka": kafka,
    "producers": producers,
    "emulator": emulator,
    "unit": pytest("-n", "2", "--dist", "worksteal", "tests/unit", "tests/contract"),
    "integration": pytest("-n", "2", "--dist", "worksteal", "tests/integration"),
    "flows": pytest("tests/end_to_end"),
    "flows-kafka": pytest("tests/end_to_end", "-k", "runs_through or reaches_every or kafka", broker="kafka"),
    "flows-postgres": pytest("tests/end_to_end", "-k", " or ".join(ON_POSTGRES), database="postgresql"),
    "chaos": pytest("tests/chaos"),
    # On the log of production, the cases in which the log has a part; each of its own restarts would cost ten seconds.
    "chaos-kafka": pytest("tests/chaos/engine", "-k", "not killed_under and not (sqlite and slow)", broker="kafka"),
}


def main() -> int:
    """Run the steps that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--list", action="store_true", help="list the steps")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(STEPS))
        return 0
    rows, skipped, failed = [], [], []
    for name in arguments.only:
        print(f"\n--- {name}", flush=True)
        begin = time.monotonic()
        outcome = STEPS[name]()
        rows.append(
            f"{name:<14} {'ok' if outcome.ok else 'FAILED':<7} {time.monotonic() - begin:6.1f} s  {outcome.counts}"
        )
        skipped += [f"{name}: {reason}" for reason in outcome.skipped]
        failed += [] if outcome.ok else [name]
    print("\n" + "\n".join(rows))
    print(f"\nskipped here ({len(skipped)}):" if skipped else "\nnothing was skipped")
    print("\n".join(f"  {line}" for line in sorted(set(skipped))))
    print(f"\n{len(rows) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
