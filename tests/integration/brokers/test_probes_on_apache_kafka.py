"""The probes put the same questions to Apache Kafka: what they ask of the embedded log is what Kafka does."""

import json
import subprocess
import sys

import pytest

from tests.brokers.choice import broker_address

DIFFERENCES = {"compaction_happens"}
"""Kafka 4.1 takes no segments below 1 MiB, so that this probe cannot make it compact within its time."""


@pytest.mark.kafka
@pytest.mark.timeout(420)
def test_apache_kafka_passes_the_probes() -> None:
    with broker_address("kafka") as address:
        command = [sys.executable, "-m", "reptidex", "probe-broker", address, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)

    answers = {each["name"]: each for each in json.loads(done.stdout)["probes"]}
    failed = {name: each for name, each in answers.items() if each["verdict"] == "fail"}
    assert set(failed) <= DIFFERENCES, failed
    assert len(answers) == 47
