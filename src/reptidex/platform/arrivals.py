"""Tells repti-media of uploads as soon as the bucket does."""

import asyncio
import logging
import re

from reptidex.connectors.aws import AwsClient, AwsRefusedError
from reptidex.connectors.files.notifications import Arrived, Notice, Notifications, arrivals
from reptidex.errors import ContractError, DomainError, UnavailableError
from reptidex.http.server.asking import Asker
from reptidex.settings import Settings
from reptidex.streams.commands.media_uploads import UploadSeen
from reptidex.tables.answers import StillRunning

log = logging.getLogger(__name__)

PLACE = re.compile(r"quarantine/(?P<file_id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
PAUSE_S = 5.0


class ArrivalListener:
    """Hears a queue until it is closed; every worker may have one."""

    def __init__(self, notifications: Notifications, bucket: str, asker: Asker) -> None:
        self._notifications, self._bucket, self._asker = notifications, bucket, asker
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._listen(), name="uploads that arrive")

    async def aclose(self) -> None:
        """Stop. What was not settled comes again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._notifications.aclose()

    async def _listen(self) -> None:
        while True:
            try:
                notices = await self._notifications.wait()
                settled = await asyncio.gather(*map(self._settle, notices))
                await self._notifications.done([notice for notice, done in zip(notices, settled, strict=True) if done])
            except (AwsRefusedError, UnavailableError) as problem:
                log.warning("uploads are heard of later: %s", problem)
                await asyncio.sleep(PAUSE_S)

    async def _settle(self, notice: Notice) -> bool:
        """Return whether a message has done its work. One that cannot be read is left to the queue's dead letters."""
        try:
            for arrived in arrivals(notice.body, self._bucket):
                await self._tell(arrived)
        except ContractError as problem:
            log.warning("left to the dead letters of the queue: %s", problem)
            return False
        except (UnavailableError, StillRunning) as problem:
            log.warning("told again later: %s", problem)
            return False
        return True

    async def _tell(self, arrived: Arrived) -> None:
        found = PLACE.fullmatch(arrived.key)
        if found is None:
            log.info("nobody announced %s", arrived.key)
            return
        try:
            await self._asker.ask(
                UploadSeen(file_id=found["file_id"], at=arrived.at),
                actor="service:repti-media",
                vivarium_id=None,
                correlation_id=arrived.identity,
                traceparent=None,
                command_id=arrived.identity,
                request_hash="",
            )
        except (
            DomainError
        ) as refusal:  # nobody announced it, or it is settled: what lies there expires by the bucket's rules
            log.info("%s: %s", arrived.key, refusal)


def arrival_listener(settings: Settings, asker: Asker) -> ArrivalListener | None:
    """Build a listener; None where no queue is named."""
    if not settings.uploads_queue:
        return None
    notifications = Notifications(AwsClient(settings, "sqs"), settings.uploads_queue)
    return ArrivalListener(notifications, settings.s3_bucket, asker)
