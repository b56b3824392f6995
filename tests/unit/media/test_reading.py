"""What strangers are given of files and cards: no more than their owners show, and nothing that moderators took down."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from reptidex.services.media import SERVICE
from reptidex.streams.animal import LineageUpdated
from reptidex.streams.core import AuthUserUpdated, OrgUpdated
from reptidex.streams.ops import AdminModerationDecided
from reptidex.testing import eventually
from reptidex.testing.views import Person, Views
from tests.unit.media.conftest import Studio, picture

DOCUMENT = b"%PDF-1.7 bill of the vet for Sam Sand, 1 Sand Lane"
EVE = "eeeeeeee-0000-7000-8000-000000000000"


class Reading:
    """repti-media's views over the studio, for Sam, who owns what is there, and for Eve, who owns nothing."""

    def __init__(self, studio: Studio, views: Views) -> None:
        self.studio, self.views = studio, views

    async def status(self, path: str, who: str = "eve") -> int:
        """Return how a GET is answered."""
        async with self.views.client.get(path, headers={"Authorization": f"Bearer {who}"}) as answer:
            await answer.read()
            return answer.status

    async def decide(self, kind: Any, subject_id: str, decision: Any) -> None:
        """Have a moderator decide."""
        said = AdminModerationDecided(
            subject_id=subject_id,
            subject_kind=kind,
            decision=decision,
            case_id=self.studio.id(),
            admin_id=self.studio.user,
        )
        await self.studio.harness.handle(said)

    async def ready(self, data: bytes, kind: Any, subject_id: str, **more: Any) -> str:
        """Upload a file that hangs on a subject, have it looked into, and return its path."""
        file_id = await self.studio.upload(data, subject_kind=kind, subject_id=subject_id, **more)
        await self.studio.work()
        return f"/files/{file_id}"


@pytest.fixture
async def reading(studio: Studio) -> AsyncIterator[Reading]:
    """The views, with an animal that everybody may see."""
    neighbour = studio.ports.animal
    neighbour.has(studio.animal, studio.sam, visibility="public")
    members = {"items": [{"user_id": studio.user, "role": "herpetologist"}]}
    neighbour.answers[f"/internal/vivariums/{studio.sam}/members"] = members
    ports = SimpleNamespace(files=studio.ports.files, animal=neighbour, core=neighbour)
    people = {"sam": Person(studio.user, studio.sam), "eve": Person(EVE, studio.bea)}
    views = await Views.open(SERVICE, studio.harness, ports, people)
    yield Reading(studio, views)
    await views.close()


async def test_papers_that_somebody_uploaded_are_their_own_though_the_animal_is_public(reading: Reading) -> None:
    path = await reading.ready(DOCUMENT, "animal", reading.studio.animal)

    assert [await reading.status(f"{path}/download", who) for who in ("sam", "eve")] == [200, 404]
    assert await reading.status(path) == 404


async def test_a_strangers_view_of_a_photo_bears_no_name_of_its_owners(reading: Reading) -> None:
    path = await reading.ready(picture(), "animal", reading.studio.animal, name="Sam Sand at home.jpg")
    seen = [await reading.views.get(path, who) for who in ("sam", "eve")]
    async with reading.views.client.get(f"{path}/download", headers={"Authorization": "Bearer eve"}) as answer:
        said = answer.headers["Content-Disposition"]

    assert [each["name"] for each in seen] == ["Sam Sand at home.jpg", ""]
    assert "Sam" not in said and said.endswith(".webp")


async def test_any_page_may_show_what_anybody_may_read_and_drawings_are_asked_for_anew(reading: Reading) -> None:
    studio = reading.studio
    photo = await reading.ready(picture(), "animal", studio.animal)
    await studio.harness.handle(_lineage(studio))
    await studio.work()
    seen = {}
    for path in (f"{photo}/download", await _chart(reading)):
        for who in ({}, {"Authorization": "Bearer sam"}):
            async with reading.views.client.get(path, headers=who) as answer:
                said = answer.headers
            seen[path == f"{photo}/download", bool(who)] = (
                said["Cross-Origin-Resource-Policy"],
                said["Cache-Control"],
            )

    assert seen == {
        (True, False): ("cross-origin", "private, max-age=300"),
        (True, True): ("same-origin", "private, max-age=300"),
        (False, False): ("cross-origin", "private, no-cache"),
        (False, True): ("same-origin", "private, no-cache"),
    }


@pytest.mark.parametrize(("visibility", "status"), [("public", 200), ("private", 404)])
async def test_a_picture_of_a_person_is_shown_as_their_profile_is(
    reading: Reading, visibility: str, status: int
) -> None:
    studio = reading.studio
    path = await reading.ready(picture(), "user", studio.user)
    await studio.known_as(studio.sam, "Sam", 1, kind="user", profile_id=studio.user, visibility=visibility)

    assert [await reading.status(path, who) for who in ("sam", "eve")] == [200, status]


async def test_a_picture_of_a_vivarium_without_a_profile_is_shown_where_its_person_is(reading: Reading) -> None:
    studio = reading.studio
    path = await reading.ready(picture(), "vivarium", studio.sam)
    unknown = await reading.status(path)
    await studio.known_as(studio.sam, "Sam", 1, kind="user", profile_id=studio.user)
    shown = await reading.status(path)
    await studio.known_as(studio.sam, "Sam's", 1, visibility="private")

    assert (unknown, shown, await reading.status(path)) == (404, 200, 404)


@pytest.mark.parametrize("decision", ["hide", "remove", "suspend"])
async def test_what_a_moderator_takes_down_has_neither_card_nor_pictures(reading: Reading, decision: str) -> None:
    studio = reading.studio
    await studio.known_as(studio.sam, "Sam", 1, kind="user", profile_id=studio.user)
    paths = [f"/embeds/profiles/{studio.user}", await reading.ready(picture(), "user", studio.user)]
    paths.append(await reading.ready(picture(), "animal", studio.animal))
    seen = []
    for decided in ("warn", decision, "keep"):
        await reading.decide("user", studio.user, decided)
        await reading.decide("animal", studio.animal, decided)
        seen.append([await reading.status(path) for path in paths])

    assert seen == [[200] * 3, [404] * 3, [200] * 3]


async def test_whoever_is_suspended_has_neither_card_nor_pictures_until_they_are_back(reading: Reading) -> None:
    studio = reading.studio
    await studio.known_as(studio.sam, "Sam", 1, kind="user", profile_id=studio.user)
    await studio.known_as(studio.sam, "House of Sam", 1)
    paths = [f"/embeds/profiles/{each}" for each in (studio.user, studio.sam)]
    paths += [
        await reading.ready(picture(), "user", studio.user),
        await reading.ready(picture(), "vivarium", studio.sam),
    ]
    house: Any = {
        "vivarium_id": studio.sam,
        "name": "House",
        "kind": "business",
        "plan": "keeper",
        "owner_id": studio.user,
    }
    seen = []
    statuses: tuple[Any, ...] = ("suspended", "active")
    for version, status in enumerate(statuses, 2):
        changed: Any = {"changed": ("status",), "status": status}
        await studio.harness.handle(AuthUserUpdated(user_id=studio.user, **changed), sequence=version)
        await studio.harness.handle(OrgUpdated(**house, **changed), sequence=version)
        await reading.decide("user", studio.user, "keep")
        seen.append([await reading.status(path) for path in paths])

    assert seen == [[404] * 4, [200] * 4]


async def test_a_file_whose_author_is_suspended_for_it_is_hidden_too(reading: Reading) -> None:
    path = await reading.ready(picture(), "animal", reading.studio.animal)
    await reading.decide("file", path.removeprefix("/files/"), "suspend")

    assert [await reading.status(path, who) for who in ("sam", "eve")] == [200, 404]


def _lineage(studio: Studio) -> LineageUpdated:
    return LineageUpdated(animal_id=studio.animal, vivarium_id=studio.sam, generation=1)


async def _chart(reading: Reading) -> str:
    return f"/files/{(await reading.studio.render('pedigree')).file_id}/download"


async def _redrawn(reading: Reading) -> str:
    """Wait until the chart is asked for anew, which nobody who reads waits for, and have it drawn."""

    async def asked() -> bool:
        return bool(await reading.studio.harness.effects)

    await eventually(asked)
    await reading.studio.work()
    return await _chart(reading)


async def test_a_chart_does_not_name_an_ancestor_who_was_hidden_since(reading: Reading) -> None:
    studio = reading.studio
    await studio.harness.handle(_lineage(studio))
    await studio.work()
    before = await _chart(reading)
    first = await reading.status(before)
    studio.ports.animal.hides_the_sire(studio.animal)
    seen = [await reading.status(before, who) for who in ("eve", "sam")]
    after = await _redrawn(reading)

    assert (first, seen) == (200, [409, 409])
    assert after != before and await reading.status(after) == 200
    assert "K-2" not in await studio.drawn("pedigree")


async def test_a_chart_does_not_name_an_owner_whose_profile_was_closed_since(reading: Reading) -> None:
    studio = reading.studio
    await studio.known_as(studio.sam, "Sam Sand", 1)
    await studio.harness.handle(_lineage(studio))
    await studio.work()
    before = await _chart(reading)
    first = await reading.status(before)
    await studio.known_as(studio.sam, "Sam Sand", 2, visibility="private")
    stale = await reading.status(before)
    after = await _redrawn(reading)

    assert (first, stale, await reading.status(after)) == (200, 409, 200)
    assert "Sam Sand" not in await studio.drawn("pedigree")


async def test_a_vivarium_keeps_no_more_than_its_plan_says(reading: Reading) -> None:
    studio, path = reading.studio, f"/internal/vivariums/{reading.studio.sam}/entitlements"
    size = len(picture())
    studio.ports.animal.answers[path] = {"storage_bytes": size}
    first, second = await _send(reading, picture(), "one"), await _send(reading, picture(), "two")
    again = await _send(reading, picture(), "one")
    status, problem = await reading.views.call("POST", "/uploads", "sam", {"content_type": "image/jpeg"})
    studio.ports.animal.answers[path] = {"storage_bytes": None}
    unlimited = await _send(reading, picture(), "three")

    assert (first, second, again, unlimited) == (201, 409, 201, 201)
    assert (status, problem["used"], problem["limit"]) == (409, size, size)
    assert len(await studio.files()) == 2


async def test_what_was_deleted_or_drawn_takes_no_storage(reading: Reading) -> None:
    studio = reading.studio
    studio.ports.animal.answers[f"/internal/vivariums/{studio.sam}/entitlements"] = {"storage_bytes": len(picture())}
    await studio.harness.handle(studio.created())
    path = await reading.ready(picture(), "animal", studio.animal)
    deleted, _ = await reading.views.call("DELETE", path, "sam")

    assert (deleted, await _send(reading, picture(), "one")) == (204, 201)


async def _send(reading: Reading, data: bytes, key: str, query: str = "") -> int:
    headers = {"Authorization": "Bearer sam", "Idempotency-Key": key, "Content-Type": "image/jpeg"}
    async with reading.views.client.post(f"/upload{query}", data=data, headers=headers) as answer:
        await answer.read()
        return answer.status


async def test_an_upload_that_is_sent_again_leaves_nothing_in_quarantine(reading: Reading) -> None:
    first = await _send(reading, picture(), "one")
    await reading.studio.work()
    kept = reading.studio.kept()
    again = await _send(reading, picture(), "one")

    assert (first, again) == (201, 201)
    assert reading.studio.kept() == kept and len(kept) == 3


async def test_other_bytes_under_a_used_key_do_not_take_the_place_of_the_first(reading: Reading) -> None:
    await _send(reading, picture(640, 400), "one")
    await _send(reading, picture(640, 400), "one", f"?subject_kind=user&subject_id={reading.studio.user}")
    await _send(reading, picture(100, 100), "one")
    await reading.studio.work()
    [file] = await reading.studio.files()

    assert (file.state, file.width, len(reading.studio.kept())) == ("ready", 640, 3)


async def test_the_name_of_a_form_is_kept_without_folders_and_control_characters(reading: Reading) -> None:
    head = 'Content-Disposition: form-data; name="file"; filename="..\\\\..\\\\C:/pets/Ki\x00wi\u202egpj.jpg"'
    body = b"--B\r\n" + head.encode() + b"\r\nContent-Type: image/jpeg\r\n\r\n" + picture() + b"\r\n--B--\r\n"
    headers = {"Authorization": "Bearer sam", "Content-Type": "multipart/form-data; boundary=B"}
    async with reading.views.client.post("/upload", data=body, headers=headers) as answer:
        said = await answer.json()

    assert (answer.status, said["name"]) == (201, "Kiwigpj.jpg")


async def test_a_picture_that_an_animal_shows_hangs_on_it_unless_it_hangs_elsewhere(reading: Reading) -> None:
    studio = reading.studio
    loose = f"/files/{await studio.upload(picture())}"
    await studio.work()
    taken = await reading.ready(picture(), "user", studio.user)
    body = {"vivarium_id": studio.sam, "animal_id": studio.animal, "primary": True}
    foreign, _ = await reading.views.call(
        "PUT", f"/internal{loose}/subject", "repti-animal", body | {"vivarium_id": studio.bea}
    )
    before = await reading.status(loose)
    done = [
        await reading.views.call("PUT", f"/internal{path}/subject", "repti-animal", body) for path in (loose, taken)
    ]
    refused = [(await reading.views.call("PUT", f"/internal{loose}/subject", who, body))[0] for who in ("sam", "")]

    assert (foreign, before, await reading.status(loose), refused) == (404, 404, 200, [403, 401])
    assert [(status, said["subject_kind"]) for status, said in done] == [(200, "animal"), (200, "user")]
