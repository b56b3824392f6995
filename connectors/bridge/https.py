"""Events that SNS posts to an HTTPS endpoint of ours: for partners who cannot reach an SQS queue of ours.

SNS tries an endpoint for an hour and then gives up, so give the subscription a dead-letter queue. Never with raw delivery,
which carries neither attributes nor a signature.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

import httpx
import msgspec

from reptidex.connectors.aws import AwsClient, AwsRefusedError
from reptidex.connectors.bridge.names import event_name, region_of_arn, topic_of_arn
from reptidex.connectors.bridge.signature import (
    OLDEST_S,
    Certificates,
    ForgedMessageError,
    SnsMessage,
    read,
    trusted_addresses,
    verify,
)
from reptidex.connectors.certificates import PinnedCertificates
from reptidex.errors import ContractError, SettingsError, UnavailableError
from reptidex.settings import Settings

log = logging.getLogger(__name__)

REMEMBERED = 10_000


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """An authentic message of a topic of ours."""

    event: str
    """The event's name, as the topic says."""
    body: bytes
    message_id: str
    repeated: bool = False
    """SNS posted it before, and it was taken then."""


class SnsEndpoint:
    """Takes what SNS posts, for the topics that are allowed. Close it with `aclose`.

    `sns` are clients by region: a subscription is confirmed where its topic is. `own` is our name in `rxorigin`, `origin` what
    events are given that name none.
    """

    def __init__(
        self,
        sns: Mapping[str, AwsClient],
        certificates: Certificates,
        topics: tuple[str, ...],
        *,
        environment: str,
        own: str,
        origin: str = "outside",
        version_1: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._http = http
        self._sns, self._certificates, self._clock = sns, certificates, clock
        self._events = {arn: event_name(topic_of_arn(arn), environment) for arn in topics}
        self._version_1 = version_1
        self.own, self.origin = own, origin
        self._taken: OrderedDict[str, float] = OrderedDict()

    async def receive(self, raw: bytes) -> Notification | None:
        """Return the event of an authentic message; None where SNS asked something of the endpoint itself, which was done.

        A subscription is confirmed by calling the API, never by opening the address that the message brings along.
        Raises `ForgedMessageError`, and `UnavailableError`, also where SNS refuses the confirmation: it posts again.
        """
        message = read(raw)
        await verify(message, self._certificates, topics=self._events, now=self._clock(), version_1=self._version_1)
        if message.type == "SubscriptionConfirmation":
            await self._confirm(message)
            return None
        if message.type == "UnsubscribeConfirmation":
            log.warning("the subscription to %s was ended", message.topic_arn)
            return None
        return Notification(
            event=self._events[message.topic_arn],
            body=message.message.encode(),
            message_id=message.message_id,
            repeated=message.message_id in self._taken,
        )

    def took(self, notification: Notification) -> None:
        """Remember that a message is safe with us, for as long as SNS may post it again."""
        now = self._clock()
        self._taken[notification.message_id] = now
        while self._taken and (len(self._taken) > REMEMBERED or next(iter(self._taken.values())) < now - OLDEST_S):
            self._taken.popitem(last=False)

    async def _confirm(self, message: SnsMessage) -> None:
        try:
            await self._sns[region_of_arn(message.topic_arn)].call(
                "confirm_subscription",
                TopicArn=message.topic_arn,
                Token=message.token,
                AuthenticateOnUnsubscribe="true",  # or anybody who learns the link could end the subscription
            )
        except AwsRefusedError as problem:
            log.warning("the subscription to %s is not confirmed: %s", message.topic_arn, problem)
            raise UnavailableError("sns", f"the subscription is not confirmed: {problem.code}") from problem
        log.info("subscribed to %s", message.topic_arn)

    async def aclose(self) -> None:
        """Close the connections."""
        for client in self._sns.values():
            await client.aclose()
        if self._http is not None:
            await self._http.aclose()


def clients_of(settings: Settings, topics: Iterable[str]) -> dict[str, AwsClient]:
    """Return clients of SNS for the regions of topics."""
    regions = sorted({region_of_arn(arn) for arn in topics})
    return {region: AwsClient(msgspec.structs.replace(settings, aws_region=region), "sns") for region in regions}


def sns_endpoint(settings: Settings) -> SnsEndpoint | None:
    """Build the endpoint of `REPTIDEX_SNS_TOPICS`; None where no topic is allowed. Raises `SettingsError`."""
    topics = settings.sns_topics
    if not topics:
        return None
    try:
        trusted = trusted_addresses(topics)
        http = httpx.AsyncClient(timeout=5, follow_redirects=False)
        certificates = PinnedCertificates(http, trusted, time.time, whose="SNS", forged=ForgedMessageError)
        return SnsEndpoint(
            clients_of(settings, topics),
            certificates,
            topics,
            environment=settings.bridge_env,
            own=settings.bridge_origin,
            origin=settings.bridge_inbound_origin,
            version_1=settings.sns_topics_v1,
            http=http,
        )
    except (ValueError, ContractError) as problem:
        raise SettingsError(f"REPTIDEX_SNS_TOPICS: {problem}") from problem
