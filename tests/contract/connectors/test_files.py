"""Every file store keeps the promises of its port: the twin on a folder, and S3 by moto."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from reptidex.connectors.files import file_store
from reptidex.connectors.files.folder import FolderFileStore
from reptidex.connectors.files.port import FileStore, Rules, Upload, UploadRefusedError, digest_of
from reptidex.errors import InvalidError, NotFoundError, UnavailableError
from reptidex.settings import Settings

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
PICTURE = Rules(content_type="image/png", most_bytes=1000, digest=digest_of(PNG))


class Depot(Protocol):
    """A store, and a browser that sends to it."""

    @property
    def store(self) -> FileStore: ...
    async def send(self, upload: Upload, data: bytes) -> None: ...


class FolderDepot:
    def __init__(self, folder: Path) -> None:
        self.store = self.twin = FolderFileStore(folder)

    async def send(self, upload: Upload, data: bytes) -> None:
        await self.twin.receive(upload, data)


class S3Depot:
    def __init__(self, settings: Settings) -> None:
        self.store = file_store(settings)

    async def send(self, upload: Upload, data: bytes) -> None:
        async with httpx.AsyncClient() as browser:
            answer = await browser.post(upload.url, data=upload.fields, files={"file": data})
        assert answer.status_code in (200, 201, 204)


@pytest.fixture(params=["folder", "s3"])
async def depot(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Depot]:
    made: Depot
    made = FolderDepot(tmp_path) if request.param == "folder" else S3Depot(request.getfixturevalue("aws_settings"))
    yield made
    await made.store.aclose()


async def test_what_was_put_is_got(depot: Depot) -> None:
    stored = await depot.store.put("animals/1/photo.png", PNG, content_type="image/png")

    assert await depot.store.get("animals/1/photo.png") == PNG
    assert await depot.store.head("animals/1/photo.png") == stored
    assert (stored.size, stored.digest) == (len(PNG), digest_of(PNG))


async def test_putting_again_replaces(depot: Depot) -> None:
    await depot.store.put("a", b"one", content_type="text/plain")
    await depot.store.put("a", b"two", content_type="text/plain")

    assert await depot.store.get("a") == b"two"


async def test_one_key_may_be_put_by_many_at_once(depot: Depot) -> None:
    data = bytes(100_000)
    for _ in range(10):
        await asyncio.gather(*(depot.store.put("a", data, content_type="text/plain") for _ in range(8)))

    assert await depot.store.get("a") == data


async def test_what_is_not_there_is_not_found(depot: Depot) -> None:
    assert await depot.store.head("nothing") is None
    with pytest.raises(NotFoundError):
        await depot.store.get("nothing")


async def test_deleting_twice_is_no_error(depot: Depot) -> None:
    await depot.store.put("a", b"one", content_type="text/plain")
    await depot.store.delete("a")
    await depot.store.delete("a")

    assert await depot.store.head("a") is None


@pytest.mark.parametrize("key", ["", "/a", "../a", "a/../b", "a/..", ".", "a\0b", "ä", "incoming/a", "a" * 513])
async def test_a_key_that_leads_elsewhere_is_refused(depot: Depot, key: str) -> None:
    with pytest.raises(InvalidError):
        await depot.store.put(key, b"x", content_type="text/plain")


async def test_an_upload_becomes_a_file_when_it_is_finalised(depot: Depot) -> None:
    upload = await depot.store.upload("p.png", PICTURE)
    await depot.send(upload, PNG)
    before = await depot.store.head("p.png")
    kept = await depot.store.finalise("p.png", PICTURE)

    assert (before, kept.digest, await depot.store.get("p.png")) == (None, PICTURE.digest, PNG)


async def test_finalising_twice_answers_what_is_kept(depot: Depot) -> None:
    await depot.send(await depot.store.upload("p.png", PICTURE), PNG)

    assert await depot.store.finalise("p.png", PICTURE) == await depot.store.finalise("p.png", PICTURE)


async def test_finalising_what_nobody_sent_is_not_found(depot: Depot) -> None:
    with pytest.raises(NotFoundError):
        await depot.store.finalise("p.png", PICTURE)


@pytest.mark.parametrize(
    ("data", "rule"),
    [(PNG + bytes(1000), "size"), (b"", "size"), (b"<svg onload=alert(1)>", "type"), (PNG + b"!", "digest")],
)
async def test_an_upload_that_breaks_a_rule_is_refused_and_gone(depot: Depot, data: bytes, rule: str) -> None:
    await depot.send(await depot.store.upload("p.png", PICTURE), data)

    with pytest.raises(UploadRefusedError) as refused:
        await depot.store.finalise("p.png", PICTURE)
    assert refused.value.rule == rule
    with pytest.raises(NotFoundError):
        await depot.store.finalise("p.png", PICTURE)


async def test_another_type_than_announced_is_refused(depot: Depot) -> None:
    await depot.send(await depot.store.upload("p.png", PICTURE), PNG)

    with pytest.raises(UploadRefusedError, match="announced"):
        await depot.store.finalise("p.png", Rules(content_type="image/jpeg", most_bytes=1000))


async def test_an_upload_after_the_check_changes_nothing(depot: Depot) -> None:
    upload = await depot.store.upload("p.png", PICTURE)
    await depot.send(upload, PNG)
    await depot.store.finalise("p.png", PICTURE)
    await depot.send(upload, b"something else")

    assert await depot.store.get("p.png") == PNG


@pytest.mark.parametrize("within_s", [0, 901])
async def test_an_upload_may_take_a_quarter_of_an_hour_at_most(depot: Depot, within_s: int) -> None:
    with pytest.raises(InvalidError):
        await depot.store.upload("p.png", PICTURE, within_s=within_s)


async def test_an_upload_names_its_rules_in_the_signed_policy(aws_settings: Settings) -> None:
    import base64

    store = file_store(aws_settings)
    upload = await store.upload("p.png", PICTURE)
    await store.aclose()
    policy = base64.b64decode(upload.fields["policy"]).decode()

    assert all(rule in policy for rule in ('"content-length-range", 1, 1000', "x-amz-checksum-sha256", "image/png"))


async def test_a_store_that_does_not_answer_may_be_asked_again() -> None:
    store = file_store(Settings(aws_endpoint="http://127.0.0.1:1"))

    with pytest.raises(UnavailableError):
        await store.get("a")
    await store.aclose()
