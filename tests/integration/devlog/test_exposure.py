"""Loopback only, unless TLS and users are configured; then nobody is served without a password."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reptidex.devlog import DevLog, Options, Security
from reptidex.devlog.errors import StartRefused
from tests.integration.devlog.raw import RawClient


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
async def test_other_addresses_than_loopback_are_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(StartRefused, match="TLS and SASL"):
        await DevLog(Options(data_dir=tmp_path / "log", host=host)).start()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return the paths of a self-signed certificate for localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, plain))
    return paths


@pytest.fixture
async def guarded(tmp_path: Path, certificate: tuple[Path, Path]) -> AsyncIterator[DevLog]:
    """Return a log with TLS and one user, open to all addresses."""
    security = Security(*certificate, {"keeper": "sesame"})
    options = Options(
        data_dir=tmp_path / "log", host="0.0.0.0", advertised_host="localhost", free_floor=0, security=security
    )
    async with DevLog(options) as log:
        yield log


def producer(log: DevLog, certificate: tuple[Path, Path], password: str) -> AIOKafkaProducer:
    """Return a producer that signs in as the keeper."""
    return AIOKafkaProducer(
        bootstrap_servers=f"localhost:{log.port}",
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_plain_username="keeper",
        sasl_plain_password=password,
        ssl_context=ssl.create_default_context(cafile=str(certificate[0])),
    )


async def test_a_user_with_the_right_password_is_served(guarded: DevLog, certificate: tuple[Path, Path]) -> None:
    client = producer(guarded, certificate, "sesame")
    await client.start()
    written = await asyncio.wait_for(client.send_and_wait("eggs", b"value"), 10)
    await client.stop()

    assert written.offset == 0


async def test_a_wrong_password_is_refused(guarded: DevLog, certificate: tuple[Path, Path]) -> None:
    client = producer(guarded, certificate, "guess")

    with pytest.raises(KafkaError):
        await client.start()
    await client.stop()


async def test_without_signing_in_nothing_is_answered(tmp_path: Path) -> None:
    options = Options(data_dir=tmp_path / "log", free_floor=0, security=Security(users={"keeper": "sesame"}))
    async with DevLog(options) as log:
        client = await RawClient.connect(log.port)
        client.send(3, 1, b"\xff\xff\xff\xff")

        assert await client.closed()
        client.close()


def test_passwords_do_not_show_in_texts() -> None:
    assert "sesame" not in repr(Options(data_dir=Path(), security=Security(users={"keeper": "sesame"})))
