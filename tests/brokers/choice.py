"""Which broker the suites run on: `REPTIDEX_TEST_BROKER=embedded|kafka|redpanda|HOST:PORT` (embedded where nothing is said)."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from reptidex.errors import UnavailableError
from tests.brokers.apache_kafka import apache_kafka

EMBEDDED = "embedded"


def chosen() -> str:
    """Return the choice."""
    return os.environ.get("REPTIDEX_TEST_BROKER", EMBEDDED)


@contextlib.contextmanager
def broker_address(choice: str) -> Iterator[str]:
    """Run, or name, a broker that is not the embedded log; skip the test with the reason where it cannot be had."""
    if choice == "kafka":
        with contextlib.ExitStack() as stack:
            try:
                address = stack.enter_context(apache_kafka())
            except UnavailableError as reason:
                pytest.skip(f"Apache Kafka: {reason}")
            yield address
    elif choice == "redpanda":
        if (
            not shutil.which("docker")
            or subprocess.run(["docker", "info"], check=False, capture_output=True).returncode
        ):
            pytest.skip("Redpanda: no container engine runs here")
        from testcontainers.kafka import RedpandaContainer

        with RedpandaContainer() as container:
            yield container.get_bootstrap_server()
    else:
        yield choice
