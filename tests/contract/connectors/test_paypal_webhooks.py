"""A webhook of PayPal counts only if the key behind a certificate at PayPal's own address signed it."""

import json
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from reptidex.connectors.payments.paypal_webhooks import Certificates, read_notice
from reptidex.connectors.payments.port import ForgedNoticeError, PaymentNotice
from reptidex.doubles.payments.signing import PayPalCertificate
from reptidex.errors import UnavailableError

NOW = 1_780_000_000
WEBHOOK = "WH-REPTIDEX-LOCAL"
HOST = "api.paypal.com"
BODY = json.dumps(
    {
        "id": "WH-1",
        "event_type": "PAYMENT.CAPTURE.COMPLETED",
        "resource": {
            "id": "CAP1",
            "amount": {"currency_code": "EUR", "value": "123.45"},
            "custom_id": "o|t",
            "supplementary_data": {"related_ids": {"order_id": "ORDER1"}},
        },
    }
).encode()


class Net:
    """An internet that serves one certificate, and tells what was asked for."""

    def __init__(self, pem: bytes) -> None:
        self.pem, self.status = pem, 200
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return httpx.Response(self.status, content=self.pem)


@pytest.fixture(scope="module")
def certificate() -> PayPalCertificate:
    return PayPalCertificate(NOW)


@pytest.fixture(scope="module")
def forger() -> PayPalCertificate:
    return PayPalCertificate(NOW)


@pytest.fixture
def net(certificate: PayPalCertificate) -> Net:
    return Net(certificate.pem)


@pytest.fixture
async def certificates(net: Net) -> AsyncIterator[Certificates]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(net)) as http:
        yield Certificates(http, (HOST,), lambda: NOW)


@pytest.fixture
def true(certificate: PayPalCertificate) -> Iterator[dict[str, str]]:
    yield signed(certificate, BODY)


def signed(
    by: PayPalCertificate, body: bytes, *, at: float = NOW, webhook: str = WEBHOOK, url: str = ""
) -> dict[str, str]:
    """Return the headers of a webhook."""
    where = url or f"https://{HOST}/v1/notifications/certs/CERT-1"
    return dict(by.signer(webhook, lambda: where, lambda: "8a1b6c50-1234-11f0")(body, at))


async def read(body: bytes, headers: Any, certificates: Certificates) -> PaymentNotice:
    """Read a notice at `NOW`."""
    notice, _ = await read_notice(body, headers, WEBHOOK, certificates, NOW)
    return notice


async def test_a_true_webhook_is_read(true: dict[str, str], certificates: Certificates) -> None:
    notice = await read(BODY, true, certificates)

    assert notice.money is not None
    assert (notice.kind, notice.reference, notice.order, notice.transaction, notice.money.amount) == (
        "captured",
        "ORDER1",
        "o",
        "t",
        12_345,
    )


async def test_the_certificate_is_fetched_once(true: dict[str, str], certificates: Certificates, net: Net) -> None:
    await read(BODY, true, certificates)
    await read(BODY, true, certificates)

    assert len(net.asked) == 1


async def test_another_key_is_refused(forger: PayPalCertificate, certificates: Certificates) -> None:
    with pytest.raises(ForgedNoticeError):
        await read(BODY, signed(forger, BODY), certificates)


async def test_a_webhook_of_another_application_is_refused(
    certificate: PayPalCertificate, certificates: Certificates
) -> None:
    with pytest.raises(ForgedNoticeError):
        await read(BODY, signed(certificate, BODY, webhook="WH-OTHER"), certificates)


@pytest.mark.parametrize("at", [NOW - 4 * 86_400, NOW + 301])
async def test_what_is_older_than_the_retries_or_of_the_future_is_refused(
    certificate: PayPalCertificate, certificates: Certificates, at: int
) -> None:
    with pytest.raises(ForgedNoticeError):
        await read(BODY, signed(certificate, BODY, at=at), certificates)


async def test_a_retry_after_two_days_is_taken(certificate: PayPalCertificate, certificates: Certificates) -> None:
    notice = await read(BODY, signed(certificate, BODY, at=NOW - 2 * 86_400), certificates)

    assert notice.event == "WH-1"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example#api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../../redirect",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?next=https://evil.example",
        "https://api.paypal.com/v1/notifications/certs/CERT-1/extra",
        "https://api.paypal.com/redirect/CERT-1",
        "https://apixpaypal.com/v1/notifications/certs/CERT-1",
        "HTTPS://API.PAYPAL.COM/v1/notifications/certs/CERT-1",
        "https://api.paypal.com\\@evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
        "https://api.раураl.com/v1/notifications/certs/CERT-1",
        "https://127.0.0.1/v1/notifications/certs/CERT-1",
        "file:///v1/notifications/certs/CERT-1",
        "",
    ],
)
async def test_a_certificate_from_anywhere_else_is_not_even_fetched(
    forger: PayPalCertificate, certificates: Certificates, net: Net, url: str
) -> None:
    with pytest.raises(ForgedNoticeError):
        await read(BODY, {**signed(forger, BODY), "PAYPAL-CERT-URL": url}, certificates)
    assert net.asked == []


@pytest.mark.parametrize(
    ("host", "url", "trusted"),
    [
        ("127.0.0.1:9400", "http://127.0.0.1:9400", True),
        ("127.0.0.1:9400", "http://127.0.0.1:9401", False),
        ("127.0.0.1", "http://127.0.0.1", False),
        ("doubles:9400", "http://doubles:9400", False),
        ("http://doubles:9400", "http://doubles:9400", True),
    ],
)
async def test_plain_http_is_for_emulators_that_were_named(
    certificate: PayPalCertificate, net: Net, host: str, url: str, trusted: bool
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(net)) as http:
        certificates = Certificates(http, (host,), lambda: NOW)
        headers = signed(certificate, BODY, url=f"{url}/v1/notifications/certs/CERT-1")
        try:
            accepted = bool(await read(BODY, headers, certificates))
        except ForgedNoticeError:
            accepted = False

    assert accepted == trusted


async def test_an_expired_certificate_is_refused(certificates: Certificates, net: Net) -> None:
    old = PayPalCertificate(NOW - 400 * 86_400)
    net.pem = old.pem

    with pytest.raises(ForgedNoticeError):
        await read(BODY, signed(old, BODY), certificates)


@pytest.mark.parametrize(
    ("status", "error"), [(503, UnavailableError), (302, UnavailableError), (200, ForgedNoticeError)]
)
async def test_a_certificate_that_cannot_be_had_is_no_proof(
    true: dict[str, str], certificates: Certificates, net: Net, status: int, error: type[Exception]
) -> None:
    net.status, net.pem = status, b"no certificate"

    with pytest.raises(error):
        await read(BODY, true, certificates)


@pytest.mark.parametrize("name", ["ID", "TIME", "SIG"])
async def test_every_header_must_be_there_once(true: dict[str, str], certificates: Certificates, name: str) -> None:
    doubled = {**true, f"paypal-transmission-{name.lower()}": true[f"PAYPAL-TRANSMISSION-{name}"]}
    missing = {key: value for key, value in true.items() if not key.endswith(name)}

    for headers in (doubled, missing):
        with pytest.raises(ForgedNoticeError):
            await read(BODY, headers, certificates)


@pytest.mark.parametrize("algorithm", ["", "none", "SHA1withRSA", "SHA256withECDSA", "sha256withrsa"])
async def test_another_algorithm_is_refused(true: dict[str, str], certificates: Certificates, algorithm: str) -> None:
    with pytest.raises(ForgedNoticeError):
        await read(BODY, {**true, "PAYPAL-AUTH-ALGO": algorithm}, certificates)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"event_type":"PAYMENT.CAPTURE.COMPLETED"}'])
async def test_a_signed_body_that_is_no_event_is_refused(
    certificate: PayPalCertificate, certificates: Certificates, body: bytes
) -> None:
    with pytest.raises(ForgedNoticeError):
        await read(body, signed(certificate, body), certificates)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_none_of_a_thousand_changed_bodies_is_accepted(
    true: dict[str, str], certificates: Certificates, seed: int
) -> None:
    chance = random.Random(seed)

    for _ in range(1000):
        body = bytearray(BODY)
        body[chance.randrange(len(BODY))] ^= chance.randrange(1, 256)
        with pytest.raises(ForgedNoticeError):
            await read(bytes(body), true, certificates)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_none_of_a_thousand_changed_headers_is_accepted(
    true: dict[str, str], certificates: Certificates, seed: int
) -> None:
    chance = random.Random(seed)
    name_of_certificate = len(true["PAYPAL-CERT-URL"]) - len("CERT-1")

    for _ in range(1000):
        name = chance.choice(sorted(true))
        end = name_of_certificate if name == "PAYPAL-CERT-URL" else len(true[name])
        place, letter = chance.randrange(end), chance.choice([chr(chance.randrange(32, 0x250)), *"0123456789AZaz+/=|"])
        value = true[name][:place] + letter + true[name][place + 1 :]
        if value == true[name]:
            continue
        with pytest.raises(ForgedNoticeError):
            await read(BODY, {**true, name: value}, certificates)
