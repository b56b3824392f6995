"""The whole way of an upload: a browser's form to S3, S3's notification to SQS, the listener, the file."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import pytest

from reptidex.connectors.aws import AwsClient
from reptidex.connectors.files import file_store
from reptidex.connectors.files.notifications import Notifications
from reptidex.connectors.files.port import FileStore, Rules, Upload
from reptidex.domain.uploads import MOST_BYTES
from reptidex.doubles.aws import Aws
from reptidex.platform.arrivals import ArrivalListener
from reptidex.services.media import SERVICE
from reptidex.settings import Settings
from reptidex.streams.commands.media_uploads import AnnounceUpload
from reptidex.streams.contract import Command
from reptidex.tables.media.models import File
from reptidex.tables.media.uploads import AnnouncedUpload
from reptidex.testing import UnitHarness, eventually

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f0001040100"
    "5fe5c34b0000000049454e44ae426082"
)
FILE = "22222222-0000-7000-8000-000000000001"
OTHER = "22222222-0000-7000-8000-000000000002"


class Depot:
    """repti-media's agents behind an asker, on a bucket that tells a queue of what comes."""

    def __init__(
        self, harness: UnitHarness, store: FileStore, settings: Settings, client: Callable[[str], Any], url: str
    ):
        self.harness, self.store, self.settings, self.client, self.url = harness, store, settings, client, url
        self.asked: list[str] = []

    async def ask(self, command: Command, *, command_id: str, **_: Any) -> bytes:
        """Handle a command, once per id, as the engine does."""
        if command_id not in self.asked:
            self.asked.append(command_id)
            await self.harness.handle(command, message_id=command_id)
        return b"null"

    async def outcome(self, command_id: str, *, actor: str | None) -> Any:
        raise AssertionError("a listener asks, and never looks outcomes up")

    async def announce(self, data: bytes) -> Upload:
        place = f"quarantine/{FILE}"
        rules = Rules(content_type="image/png", most_bytes=MOST_BYTES, digest=sha256(data).hexdigest())
        form = await self.store.upload(place, rules, within_s=900)
        person = "cccccccc-0000-7000-8000-000000000000"
        await self.harness.handle(
            AnnounceUpload(
                file_id=FILE,
                vivarium_id=person,
                owner_id=person,
                kind="image",
                content_type="image/png",
                digest=rules.digest,
                place=place,
                expires_at=form.expires_at,
            )
        )
        return form

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        got = self.client("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(got[name]) for name in names)


@pytest.fixture
async def depot(aws: Aws, env: str, client: Callable[[str], Any]) -> AsyncIterator[Depot]:
    bucket = f"bucket-{env}"
    place = {"LocationConstraint": aws.region}
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    url = client("sqs").create_queue(QueueName=f"{env}-uploads")["QueueUrl"]
    arn = f"arn:aws:sqs:{aws.region}:123456789012:{env}-uploads"
    hears = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=hears)
    settings = Settings(aws_endpoint=aws.url, aws_region=aws.region, s3_bucket=bucket)
    store = file_store(settings)
    beginning = datetime.now(UTC)
    async with await UnitHarness.open(SERVICE.agents, File, carriers=SERVICE.carriers, now=beginning) as harness:
        found = Depot(harness, store, settings, client, url)
        listener = ArrivalListener(Notifications(AwsClient(settings, "sqs"), f"{env}-uploads", wait_s=1), bucket, found)
        listener.start()
        yield found
        await listener.aclose()
    await store.aclose()


async def send(form: Upload, data: bytes) -> None:
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(form.url, data=form.fields, files={"file": data})
    assert answer.status_code in (200, 201, 204)


async def state(depot: Depot) -> str:
    row = await depot.harness.get(AnnouncedUpload, FILE)
    return row.state if row else ""


async def test_a_form_sent_to_s3_becomes_a_file_without_a_word_of_the_sender(depot: Depot) -> None:
    await send(await depot.announce(PNG), PNG)

    async def arriving() -> bool:
        return await state(depot) == "arriving"

    await eventually(arriving)

    class Ports:
        files = depot.store

    await depot.harness.carry_out(Ports())
    file = await depot.harness.get(File, FILE)
    assert (await state(depot), file and file.state, file and file.size_bytes) == ("arrived", "received", len(PNG))


async def test_what_nobody_announced_and_what_comes_twice_is_settled_and_what_cannot_be_read_is_kept(
    depot: Depot,
) -> None:
    form = await depot.announce(PNG)
    s3, sqs = depot.client("s3"), depot.client("sqs")
    bucket = depot.settings.s3_bucket
    s3.put_object(Bucket=bucket, Key=f"incoming/quarantine/{OTHER}", Body=PNG)
    s3.put_object(Bucket=bucket, Key="incoming/a b+c.png", Body=PNG)
    await send(form, PNG)
    sqs.send_message(QueueUrl=depot.url, MessageBody=json.dumps({"no": "notification"}))

    async def settled() -> bool:
        return await state(depot) == "arriving" and await asyncio.to_thread(depot.left) == 1

    await eventually(settled)
    assert await depot.harness.get(AnnouncedUpload, OTHER) is None


async def test_a_test_event_of_a_new_configuration_is_taken_out_of_the_queue(depot: Depot) -> None:
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": depot.settings.s3_bucket})
    depot.client("sqs").send_message(QueueUrl=depot.url, MessageBody=body)

    async def empty() -> bool:
        return await asyncio.to_thread(depot.left) == 0

    await eventually(empty)
    assert depot.asked == []
