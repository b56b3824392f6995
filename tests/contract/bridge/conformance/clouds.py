"""The clouds that are asked: moto, ministack, our double that fails on purpose, and AWS itself where somebody asks for it."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from reptidex.doubles.aws import REGION, aws_server
from reptidex.doubles.aws_faults.server import FaultyAws
from reptidex.doubles.web import served
from reptidex.testing.ports import free_ports

MINISTACK = Path(__file__).resolve().parents[4] / ".tools" / "ministack" / "bin" / "ministack"
REAL = "REPTIDEX_TEST_AWS"
"""Set it to a region to ask AWS itself, with the credentials that boto3 finds. It makes and deletes topics and queues."""
FURTHER = dict(
    each.split("=", 1) for each in os.environ.get("REPTIDEX_TEST_AWS_ENDPOINTS", "").split(",") if "=" in each
)
"""Emulators that run already: `REPTIDEX_TEST_AWS_ENDPOINTS=name=http://127.0.0.1:4566`."""
CLOUDS = ("moto", "ministack", "faulty", *FURTHER, "aws")
STARTS_WITHIN_S = 60


class Cloud:
    """One of them, with a client for each service."""

    def __init__(self, name: str, url: str | None, region: str = REGION) -> None:
        self.name, self.region = name, region
        self.topics, self.queues = list[str](), list[str]()
        secret = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if url else {}
        once = Config(retries={"mode": "standard", "total_max_attempts": 1}, parameter_validation=False)
        make: Callable[..., Any] = boto3.client
        self.sns, self.sqs, self.kms = (
            make(service, endpoint_url=url, region_name=region, config=once, **secret)
            for service in ("sns", "sqs", "kms")
        )

    def clean_up(self) -> None:
        """Delete what the probes made: elsewhere it ends with the process."""
        for arn in self.topics:
            self.sns.delete_topic(TopicArn=arn)
        for url in self.queues:
            with contextlib.suppress(ClientError):  # a probe deletes one itself
                self.sqs.delete_queue(QueueUrl=url)


@contextlib.contextmanager
def cloud(name: str) -> Iterator[Cloud]:
    """Run a cloud while the context is open; skips, with the reason, where it cannot be had."""
    if name == "aws":
        region = os.environ.get(REAL)
        if not region:
            pytest.skip(f"AWS itself is asked only where {REAL} names a region")
        real = Cloud(name, None, region)
        try:
            yield real
        finally:
            real.clean_up()
    elif name in FURTHER:
        yield Cloud(name, FURTHER[name])
    elif name == "faulty":
        with _in_a_thread() as url:
            yield Cloud(name, url)
    elif name == "moto":
        with aws_server() as aws:
            yield Cloud(name, aws.url)
    else:
        if not MINISTACK.exists():
            pytest.skip("ministack is not here (`python tests/check.py --only emulator` installs it)")
        with _ministack() as url:
            yield Cloud(name, url)


@contextlib.contextmanager
def _in_a_thread() -> Iterator[str]:
    """Serve our double, which is asynchronous, beside probes that are not."""
    loop, ready, url = asyncio.new_event_loop(), threading.Event(), list[str]()
    stop = asyncio.Event()

    async def serve() -> None:
        async with served(FaultyAws().app) as found:
            url.append(found)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(STARTS_WITHIN_S)
    yield url[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


@contextlib.contextmanager
def _ministack() -> Iterator[str]:
    """By default it listens on every address, and opens ports for other services too: it is told not to."""
    [port] = free_ports(1)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "TMPDIR": folder,
            "STATE_DIR": f"{folder}/state",
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": "123456789012",
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "SERVICES": "sns,sqs,kms,s3,sts",
            "LOG_LEVEL": "ERROR",
        }
        with Path(folder, "log").open("w") as log:
            process = subprocess.Popen([MINISTACK], env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/_ministack/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(15)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, "it ended at once"
            assert time.monotonic() < end, "it did not start in time"
            time.sleep(0.1)
