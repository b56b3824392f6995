"""Only what SNS signed lately for a topic of ours gets in, whatever a sender writes into a message."""

import json
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from reptidex.connectors.bridge.https import SnsEndpoint, clients_of, sns_endpoint
from reptidex.connectors.bridge.signature import ForgedMessageError, read, signed_text, trusted_addresses, verify
from reptidex.connectors.certificates import PinnedCertificates
from reptidex.doubles.web import served
from reptidex.errors import SettingsError, UnavailableError
from reptidex.settings import Settings
from tests.unit.connectors.bridge.sns_signer import CERTIFICATE, TOPIC, SnsSigner

NOW = 1_780_000_000.0
OTHER = TOPIC.replace("created", "archived")

HOSTILE = [
    "https://sns.s3-ap-southeast-2.amazonaws.com/SimpleNotificationService-1.pem",  # a bucket called sns
    "https://sns.s3.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",  # another region than the topic's
    "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
    "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
    "https://evil.example/sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://evil.example#https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
    "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
    "https://user@sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem?x=1",
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem#x",
    "https://sns.eu-central-1.amazonaws.com/../SimpleNotificationService-1.pem",
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-../evil.pem",
    "https://sns.eu-central-1.amazonaws.com//SimpleNotificationService-1.pem",
    "https://sns.eu-central-1.amazonaws.com/evil.pem",
    "https://sns.eu-central-1.amazonaws.com\\@evil.example/SimpleNotificationService-1.pem",
    "https://snsXeu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://SNS.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem\n",
    " https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-central-1.amazonaws.com./SimpleNotificationService-1.pem",
    "https://169.254.169.254/SimpleNotificationService-1.pem",
    "file:///etc/passwd",
    "",
]


class Net:
    """An internet that serves one certificate everywhere, and tells what was asked for."""

    def __init__(self, pem: bytes) -> None:
        self.pem, self.status, self.asked = pem, 200, list[str]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return httpx.Response(self.status, content=self.pem, headers={"Location": "https://evil.example/"})


@pytest.fixture(scope="module")
def sns() -> SnsSigner:
    return SnsSigner(NOW)


@pytest.fixture
def net(sns: SnsSigner) -> Net:
    return Net(sns.pem)


@pytest.fixture
async def certificates(net: Net) -> AsyncIterator[PinnedCertificates]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(net), follow_redirects=True) as http:
        yield PinnedCertificates(http, trusted_addresses((TOPIC,)), lambda: NOW, whose="SNS", forged=ForgedMessageError)


async def check(document: Any, certificates: PinnedCertificates, **more: Any) -> None:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    given: dict[str, Any] = {"topics": [TOPIC], "now": NOW} | more
    await verify(read(raw), certificates, **given)


@pytest.mark.parametrize("subject", [{}, {"Subject": "A gecko"}, {"Subject": ""}])
async def test_what_sns_signed_is_authentic(
    sns: SnsSigner, certificates: PinnedCertificates, subject: dict[str, str]
) -> None:
    await check(sns.notification("{}", NOW - 10, **subject), certificates)
    await check(
        sns.confirmation(NOW, "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"), certificates
    )


def test_the_signed_text_is_that_of_the_guide() -> None:
    """The example of the Developer Guide, "Verifying the signatures of Amazon SNS messages"."""
    message = read(
        json.dumps(
            {
                "Type": "Notification",
                "MessageId": "4d4dc071-ddbf-465d-bba8-08f81c89da64",
                "TopicArn": "arn:aws:sns:us-east-2:123456789012:s4-MySNSTopic-1G1WEFCOXTC0P",
                "Subject": "My Test Message",
                "Message": "Test message",
                "Timestamp": "2019-01-31T04:37:04.321Z",
                "SignatureVersion": "1",
                "Signature": "",
                "SigningCertURL": "",
            }
        ).encode()
    )

    assert signed_text(message).decode().splitlines() == [
        "Message",
        "Test message",
        "MessageId",
        "4d4dc071-ddbf-465d-bba8-08f81c89da64",
        "Subject",
        "My Test Message",
        "Timestamp",
        "2019-01-31T04:37:04.321Z",
        "TopicArn",
        "arn:aws:sns:us-east-2:123456789012:s4-MySNSTopic-1G1WEFCOXTC0P",
        "Type",
        "Notification",
    ]


async def test_the_certificate_is_fetched_once(sns: SnsSigner, certificates: PinnedCertificates, net: Net) -> None:
    for _ in range(3):
        await check(sns.notification("{}", NOW), certificates)

    assert net.asked == [CERTIFICATE]


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_certificate_of_others_is_not_even_fetched(
    certificates: PinnedCertificates, net: Net, url: str
) -> None:
    forger = SnsSigner(NOW)
    net.pem = forger.pem
    with pytest.raises(ForgedMessageError):
        await check(forger.notification("{}", NOW, SigningCertURL=url), certificates)

    assert net.asked == []


async def test_a_certificate_of_another_allowed_topics_region_is_not_this_ones(sns: SnsSigner, net: Net) -> None:
    far = TOPIC.replace("eu-central-1", "eu-west-1")
    async with httpx.AsyncClient(transport=httpx.MockTransport(net)) as http:
        certificates = PinnedCertificates(
            http,
            trusted_addresses(
                (
                    TOPIC,
                    far,
                )
            ),
            lambda: NOW,
            whose="SNS",
            forged=ForgedMessageError,
        )
        there = CERTIFICATE.replace("eu-central-1", "eu-west-1")
        await check(sns.notification("{}", NOW, TopicArn=far, SigningCertURL=there), certificates, topics=[TOPIC, far])
        with pytest.raises(ForgedMessageError):
            await check(sns.notification("{}", NOW, SigningCertURL=there), certificates, topics=[TOPIC, far])


async def test_another_key_is_refused(certificates: PinnedCertificates) -> None:
    with pytest.raises(ForgedMessageError, match="did not make"):
        await check(SnsSigner(NOW).notification("{}", NOW), certificates)


@pytest.mark.parametrize("member", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"])
async def test_a_member_that_was_altered_is_refused(
    sns: SnsSigner, certificates: PinnedCertificates, member: str
) -> None:
    altered = {"Timestamp": "2026-05-28T20:26:39.000Z", "TopicArn": OTHER}.get(member, "something else")
    document = sns.notification("{}", NOW, Subject="A gecko") | {member: altered}
    with pytest.raises(ForgedMessageError):
        await check(document, certificates, topics=[TOPIC, OTHER])


async def test_a_subject_that_was_taken_out_or_put_in_is_refused(
    sns: SnsSigner, certificates: PinnedCertificates
) -> None:
    without = sns.notification("{}", NOW, Subject="A gecko")
    del without["Subject"]
    for document in (without, sns.notification("{}", NOW) | {"Subject": "A gecko"}):
        with pytest.raises(ForgedMessageError, match="did not make"):
            await check(document, certificates)


async def test_a_notification_cannot_pass_for_a_confirmation(sns: SnsSigner, certificates: PinnedCertificates) -> None:
    document = sns.notification("{}", NOW) | {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "u"}
    with pytest.raises(ForgedMessageError, match="did not make"):
        await check(document, certificates)


async def test_another_topic_is_refused_before_anything_is_fetched(
    sns: SnsSigner, certificates: PinnedCertificates, net: Net
) -> None:
    with pytest.raises(ForgedMessageError, match="this topic"):
        await check(sns.notification("{}", NOW, TopicArn=OTHER), certificates)

    assert net.asked == []


@pytest.mark.parametrize("at", [NOW - 3601, NOW + 301, NOW - 40 * 86400])
async def test_an_old_message_and_one_of_the_future_are_refused(
    sns: SnsSigner, certificates: PinnedCertificates, at: float
) -> None:
    with pytest.raises(ForgedMessageError, match="older"):
        await check(sns.notification("{}", at), certificates)


async def test_version_1_is_refused_unless_the_topic_may_use_it(
    sns: SnsSigner, certificates: PinnedCertificates
) -> None:
    document = sns.notification("{}", NOW, version="1")
    with pytest.raises(ForgedMessageError, match="version 1"):
        await check(document, certificates)
    with pytest.raises(ForgedMessageError, match="did not make"):
        await check(document | {"SignatureVersion": "2"}, certificates)
    await check(document, certificates, version_1=[TOPIC])


@pytest.mark.parametrize("version", ["0", "3", "", "1 "])
async def test_a_version_that_is_none_is_refused(
    sns: SnsSigner, certificates: PinnedCertificates, version: str
) -> None:
    with pytest.raises(ForgedMessageError):
        await check(sns.notification("{}", NOW) | {"SignatureVersion": version}, certificates, version_1=[TOPIC])


@pytest.mark.parametrize("at", ["", "yesterday", "2026-02-30T00:00:00.000Z", "2026-05-28T20:26:40+00:00", "1780000000"])
async def test_a_time_that_is_none_is_refused(sns: SnsSigner, certificates: PinnedCertificates, at: str) -> None:
    with pytest.raises(ForgedMessageError):
        await check(sns.notification("{}", NOW) | {"Timestamp": at}, certificates)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b'{"Type":"Other"}', b"[" * 100_000])
async def test_what_is_no_message_is_refused(certificates: PinnedCertificates, raw: bytes) -> None:
    with pytest.raises(ForgedMessageError, match="no message"):
        await check(raw, certificates)


async def test_no_mutation_of_a_byte_is_accepted(sns: SnsSigner, certificates: PinnedCertificates) -> None:
    """But for the name of the certificate's file, which SNS does not sign and which lies on SNS's own host."""
    raw = json.dumps(sns.notification('{"id": "1"}', NOW, Subject="A gecko")).encode()
    chance, accepted = random.Random(7), 0
    for _ in range(2000):
        place = chance.randrange(len(raw))
        changed = raw[:place] + bytes([raw[place] ^ (1 << chance.randrange(8))]) + raw[place + 1 :]
        try:
            await check(changed, certificates)
        except ForgedMessageError:
            continue
        accepted += 1
        unsigned = {"SigningCertURL": ""}
        assert json.loads(changed) | unsigned == json.loads(raw) | unsigned

    assert accepted < 500


@pytest.mark.parametrize(
    ("status", "error"), [(302, UnavailableError), (500, UnavailableError), (404, UnavailableError)]
)
async def test_a_redirect_is_not_followed(
    sns: SnsSigner, certificates: PinnedCertificates, net: Net, status: int, error: type[Exception]
) -> None:
    net.status = status
    with pytest.raises(error):
        await check(sns.notification("{}", NOW), certificates)

    assert net.asked == [CERTIFICATE]


async def test_a_weak_key_is_refused(certificates: PinnedCertificates, net: Net) -> None:
    weak = SnsSigner(NOW, bits=1024)
    net.pem = weak.pem
    with pytest.raises(ForgedMessageError, match="2,048"):
        await check(weak.notification("{}", NOW), certificates)


@pytest.mark.parametrize("arn", ["", "dev-animal-created", "arn:aws:sqs:eu-central-1:123456789012:q", TOPIC + "\n"])
def test_only_arns_of_topics_can_be_allowed(arn: str) -> None:
    with pytest.raises(SettingsError, match="REPTIDEX_SNS_TOPICS"):
        sns_endpoint(Settings(sns_topics=(arn,)))


def test_a_topic_of_no_event_cannot_be_allowed() -> None:
    with pytest.raises(SettingsError, match=r"no\.such"):
        sns_endpoint(Settings(sns_topics=(TOPIC.replace("animal-created", "no-such"),)))


@pytest.mark.parametrize("region", ["eu-central-1", "eu-west-1"])
async def test_a_subscription_is_confirmed_by_the_api_of_its_region_and_its_address_never_opened(
    sns: SnsSigner, net: Net, region: str
) -> None:
    from aiohttp import web

    topic, place = (text.replace("eu-central-1", region) for text in (TOPIC, CERTIFICATE))
    seen: list[tuple[str, str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.method, (await request.read()).decode(), request.headers["Authorization"]))
        result = f"<ConfirmSubscriptionResult><SubscriptionArn>{TOPIC}:1</SubscriptionArn></ConfirmSubscriptionResult>"
        return web.Response(text=f"<ConfirmSubscriptionResponse>{result}</ConfirmSubscriptionResponse>")

    def app(url: str) -> web.Application:
        made = web.Application()
        made.router.add_route("*", "/{tail:.*}", answer)
        return made

    async with served(app) as url:
        clients, http = (
            clients_of(Settings(aws_endpoint=url), (topic,)),
            httpx.AsyncClient(transport=httpx.MockTransport(net)),
        )
        certificates = PinnedCertificates(
            http, trusted_addresses((topic,)), lambda: NOW, whose="SNS", forged=ForgedMessageError
        )
        endpoint = SnsEndpoint(
            clients, certificates, (topic,), environment="dev", own="reptidex", clock=lambda: NOW, http=http
        )
        asked = sns.confirmation(NOW, f"{url}/confirm", TopicArn=topic, SigningCertURL=place)
        taken = await endpoint.receive(json.dumps(asked).encode())
        await endpoint.aclose()

    assert taken is None
    [(method, body, signed)] = seen
    assert (method, "Action=ConfirmSubscription" in body, "2336412f37" in body) == ("POST", True, True)
    assert f"/{region}/sns/" in signed


async def test_a_confirmation_that_sns_refuses_is_posted_again_later(
    sns: SnsSigner, certificates: PinnedCertificates
) -> None:
    from aiohttp import web

    async def refuse(_: web.Request) -> web.Response:
        said = "<Type>Sender</Type><Code>AuthorizationError</Code><Message>not yours</Message>"
        return web.Response(status=403, text=f"<ErrorResponse><Error>{said}</Error></ErrorResponse>")

    def app(url: str) -> web.Application:
        made = web.Application()
        made.router.add_route("*", "/{tail:.*}", refuse)
        return made

    async with served(app) as url:
        clients = clients_of(Settings(aws_endpoint=url), (TOPIC,))
        endpoint = SnsEndpoint(clients, certificates, (TOPIC,), environment="dev", own="reptidex", clock=lambda: NOW)
        with pytest.raises(UnavailableError, match="not confirmed: AuthorizationError"):
            await endpoint.receive(json.dumps(sns.confirmation(NOW, f"{url}/confirm")).encode())
        await endpoint.aclose()
