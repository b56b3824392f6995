"""Apache Kafka (KRaft, broker and controller in one JVM), started from the artefacts on Maven Central.

python -m tests.brokers.apache_kafka --fetch     # get it once; exit code 1 and the reason where it cannot be had
python -m tests.brokers.apache_kafka --run PORT  # run it until Ctrl-C
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from socket import create_connection

from reptidex.errors import UnavailableError
from reptidex.testing.ports import free_ports

VERSION = "4.1.0"
HOME = Path(__file__).resolve().parents[2] / ".tools" / f"kafka-{VERSION}"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>reptidex</groupId><artifactId>broker</artifactId><version>1</version>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
</dependencies></project>"""
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=100
group.min.session.timeout.ms=1000
log.cleaner.backoff.ms=1000
log.retention.check.interval.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
auto.create.topics.enable=true
"""


def fetch() -> str:
    """Get Kafka's jars where they are missing; return an empty text, or the reason why they cannot be had."""
    if (HOME / "complete").exists():
        return ""
    if not shutil.which("java"):
        return "there is no Java"
    if not shutil.which("mvn"):
        return "there is no Maven"
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "pom.xml").write_text(POM)
    copy = [
        "mvn",
        "-q",
        "-B",
        "-f",
        str(HOME / "pom.xml"),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={HOME / 'libs'}",
    ]
    try:
        done = subprocess.run(copy, capture_output=True, text=True, timeout=420, check=False)
    except subprocess.TimeoutExpired:
        return "Maven did not answer within seven minutes"
    if done.returncode != 0:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        return f"Maven could not get it: {errors[0] if errors else 'no reason given'}"
    (HOME / "complete").touch()
    return ""


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


class ApacheKafka:
    """A broker on loopback that can be killed and started again on the same data and port."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._folder = folder
        self._listen, controller = [port, *free_ports(1)] if port else free_ports(2)
        self._config = folder / "server.properties"
        self._config.write_text(PROPERTIES.format(port=self._listen, controller=controller, folder=folder))
        self._java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{HOME / 'libs'}/*"]
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def data_dir(self) -> Path:
        """Where its records are."""
        return self._folder / "data"

    @property
    def bootstrap(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._listen}"

    def format(self) -> None:
        """Make its folder, once."""
        cluster = "-"
        while cluster.startswith("-"):  # the tool would read an option; Kafka's own ids begin with none either
            cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._config), "--standalone"]
        subprocess.run([*self._java, *tool], check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        """Start, and return when it listens. Raises `UnavailableError` with the end of its log."""
        said = self._folder / "server.log"
        with said.open("ab") as log:
            command = [*self._java, "kafka.Kafka", str(self._config)]
            self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        deadline = time.monotonic() + 60
        while not _answers(self._listen):
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise UnavailableError("Apache Kafka", said.read_text()[-1500:])
            time.sleep(0.2)

    def evidence(self) -> str:
        """Return what it has said last: a failed test shows it."""
        return (self._folder / "server.log").read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        """Kill it with SIGKILL and reap it."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()

    def stop(self) -> None:
        """Stop it in good order, or kill it where that takes too long."""
        if self._server is None:
            return
        self._server.terminate()
        try:
            self._server.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


@contextlib.contextmanager
def running_kafka(port: int | None = None) -> Iterator[ApacheKafka]:
    """Run a broker; its data are gone afterwards. Raises `UnavailableError` when it cannot be had or does not start."""
    if reason := fetch():
        raise UnavailableError("Apache Kafka", reason)
    with tempfile.TemporaryDirectory(prefix="reptidex-kafka-") as folder:
        broker = ApacheKafka(Path(folder), port)
        broker.format()
        try:
            broker.start()
            yield broker
        finally:
            broker.stop()


@contextlib.contextmanager
def apache_kafka(port: int | None = None) -> Iterator[str]:
    """Run a broker and yield its bootstrap address. Raises `UnavailableError` as `running_kafka` does."""
    with running_kafka(port) as broker:
        yield broker.bootstrap


def main() -> int:
    """Fetch, or run until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fetch", action="store_true")
    parser.add_argument("--run", type=int, metavar="PORT")
    arguments = parser.parse_args()
    if reason := fetch():
        print(reason)
        return 1
    if arguments.run:
        with apache_kafka(arguments.run) as address, contextlib.suppress(KeyboardInterrupt):
            print(f"Apache Kafka {VERSION} listens on {address}", flush=True)
            while True:
                time.sleep(3600)
    print(f"Apache Kafka {VERSION} is here")
    return 0


if __name__ == "__main__":
    sys.exit(main())
