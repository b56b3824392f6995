"""The routes of repti-community, through the real web side."""

import hashlib
import hmac
from types import SimpleNamespace
from typing import Any

import pytest

from reptidex.errors import UnavailableError
from reptidex.streams.commands.community import Notify
from reptidex.streams.community import SearchQueryClicked, SearchQueryPerformed
from reptidex.tables.community.forum import FORUMS
from reptidex.tables.community.models import Notification
from reptidex.tables.query import select
from reptidex.testing import eventually
from tests.unit.community.square import Square
from tests.unit.community.town import ANIMAL, SAM, SECRET, STOP, VIVARIUM, hatchling, newcomer, offer, profile, uid

FORUM = next(iter(FORUMS))


async def _shelves(square: Square) -> None:
    await square.town.hear(hatchling())
    await square.town.hear(offer())
    await square.town.hear(profile())


async def test_animals_are_searched_with_typing_errors_filters_and_facets(square: Square) -> None:
    await _shelves(square)
    found = await square.get("/search/animals?q=pastle&species=python%20regius&kind=listing&price_max=50000")

    assert [hit["title"] for hit in found["items"]] == ["Pastel Clown female"]
    assert (found["corrected"], found["total"]) == (True, 1)
    assert found["facets"]["species"] == {"Python regius": 1}


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/search?q=pastel", ["Kiwi", "Pastel Clown female"]),
        ("/search/breeders?q=sam", ["Sam Sand"]),
        ("/search/knowledge?q=pastel", []),
        ("/search/animals?kind=breeder", []),
        ("/search/animals?morph=clown&sort=-price&limit=1", ["Pastel Clown female"]),
    ],
)
async def test_each_scope_finds_its_own(square: Square, path: str, titles: list[str]) -> None:
    await _shelves(square)

    assert sorted(hit["title"] for hit in (await square.get(path))["items"]) == titles


async def test_a_search_is_told_of_without_its_words(square: Square) -> None:
    await square.get("/search?q=two+words&sex=female")
    said = (await eventually(lambda: square.town.harness.events))[-1].data

    assert isinstance(said, SearchQueryPerformed)
    assert (said.scope, said.terms, said.facets, said.session_id) == ("all", 2, ("sex",), "anonymous")


async def test_an_opened_result_is_told_of(square: Square) -> None:
    body = {"query_id": uid(7), "document_id": f"animal:{ANIMAL}", "position": 1}
    status, _ = await square.call("POST", "/search/analytics", "", body)
    said = await eventually(lambda: square.town.harness.events)

    assert status == 204
    assert isinstance(said[-1].data, SearchQueryClicked)


async def test_titles_are_suggested_while_one_types(square: Square) -> None:
    await _shelves(square)

    assert (await square.get("/search/suggestions?q=past"))["items"] == ["Pastel Clown female"]


async def test_a_search_is_saved_under_its_name_and_forgotten(square: Square) -> None:
    body = {"name": "pastels", "scope": "animals", "query": {"morph": "Pastel", "price_max": "50000"}}
    for _ in range(2):
        status, saved = await square.call("POST", "/search/save", "sam", body)
    listed = await square.get("/search/saved", "sam")
    foreign, _ = await square.call("DELETE", f"/search/saved/{saved['search_id']}", "bea")
    own, _ = await square.call("DELETE", f"/search/saved/{saved['search_id']}", "sam")

    assert (status, [each["name"] for each in listed["items"]]) == (201, ["pastels"])
    assert (foreign, own, (await square.get("/search/saved", "sam"))["items"]) == (404, 204, [])


@pytest.mark.parametrize("query", [{"price_max": "cheap"}, {"colour": "red"}])
async def test_a_search_that_could_not_be_asked_is_not_saved(square: Square, query: dict[str, str]) -> None:
    status, problem = await square.call("POST", "/search/save", "sam", {"name": "x", "query": query})

    assert (status, problem["pointer"]) == (422, "/query")


class Registry:
    """repti-animal, as far as the index asks it."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        self.down = False

    async def get(self, path: str, answer: Any) -> Any:
        if self.down:
            raise UnavailableError("repti-animal")
        base = {"animal_id": ANIMAL, "vivarium_id": VIVARIUM, "code": "BP-1", "species": "Python regius"}
        rest = {"sex": "male", "status": "active", "visibility": "public", "lineage_status": "claimed"}
        return answer(**(base | rest | self.facts))


async def test_an_animal_is_indexed_by_hand_as_its_registry_says(square: Square) -> None:
    square.town.ports.animal = Registry(name="Kiwi", morphs=("Pastel", "Clown"))
    status, kept = await square.call("POST", f"/index/animals/{ANIMAL}", "admin")

    assert (status, kept["visible"], kept["title"]) == (200, True, "Kiwi")
    assert (await square.get("/search/animals?morph=clown"))["total"] == 1
    assert await square.town.titles("kiwi") == ["Kiwi"]


async def test_an_animal_taken_out_by_hand_stays_out_until_it_is_indexed_by_hand(square: Square) -> None:
    square.town.ports.animal = Registry(name="Kiwi")
    await square.town.hear(hatchling())
    status, _ = await square.call("DELETE", f"/index/animals/{ANIMAL}", "admin")
    out = await square.town.titles()
    await square.call("POST", f"/index/animals/{ANIMAL}", "admin")

    assert (status, out, await square.town.titles()) == (204, [], ["Kiwi"])


async def test_an_index_request_is_answered_503_while_the_registry_is_away(square: Square) -> None:
    square.town.ports.animal = Registry()
    square.town.ports.animal.down = True

    assert (await square.call("POST", f"/index/animals/{ANIMAL}", "admin"))[0] == 503


async def test_a_rebuild_is_begun_by_administrators_and_followed_by_its_status(square: Square) -> None:
    await _shelves(square)
    status, began = await square.call("POST", "/index/rebuild", "admin")
    after = await square.get("/index/status", "admin")

    assert (status, began["building"]) == (202, 2)
    assert (after["generation"], after["building"], after["documents"], after["missed"]) == (2, 0, 3, 0)


@pytest.mark.parametrize("path", ["/index/status", "/index/rebuild"])
async def test_the_index_is_not_everybodys(square: Square, path: str) -> None:
    method = "GET" if path.endswith("status") else "POST"

    assert [(await square.call(method, path, who))[0] for who in ("", "sam")] == [401, 403]


async def test_a_person_reads_their_messages_and_nobody_elses(square: Square) -> None:
    await square.town.hear(Notify(recipient_id=SAM, template="clutch.created", cause_id="one"))
    [message] = (await square.get("/notifications", "sam"))["items"]
    path = f"/notifications/{message['notification_id']}/read"
    foreign, _ = await square.call("PUT", path, "bea")
    status, read = await square.call("PUT", path, "sam")

    assert (foreign, status, read["subject"]) == (404, 200, "A new clutch")
    assert (await square.get("/notifications?unread=true", "sam"))["items"] == []


async def test_preferences_are_kept_and_what_must_be_told_stays_on(square: Square) -> None:
    ask = {"channels": {"order.cancelled": ["inapp"]}}
    status, kept = await square.call("PUT", "/notifications/preferences", "sam", ask)
    wishes: list[Any] = [{"welcome": []}, {"nothing": []}, {"invoice.paid": ["sms"]}, {"invoice.paid": ["pigeon"]}]
    refused = [
        (await square.call("PUT", "/notifications/preferences", "sam", {"channels": channels}))[0]
        for channels in wishes
    ]

    assert (status, kept["channels"]["order.cancelled"]) == (200, ["inapp"])
    assert (await square.get("/notifications/preferences", "sam"))["channels"]["welcome"] == ["email"]
    assert refused == [422, 422, 422, 422]


async def test_only_services_send_messages(square: Square) -> None:
    body = {"recipient_id": SAM, "template": "clutch.created"}
    answers = [(await square.call("POST", "/notifications/send", who, body))[0] for who in ("", "sam", "repti-ops")]

    assert answers == [401, 403, 202]
    assert len((await square.get("/notifications", "sam"))["items"]) == 1


def _signed(raw: bytes, secret: str = SECRET) -> dict[str, Any]:
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"data": raw, "headers": {"X-Signature": signature}}


async def _report(square: Square, raw: bytes, **more: Any) -> int:
    async with square.client.post("/webhooks/mail", **(more or _signed(raw))) as answer:
        return answer.status


async def test_a_signed_report_delivers_a_message_and_its_repeat_changes_nothing(square: Square) -> None:
    await square.town.hear(newcomer())
    [message] = await square.town.harness.find(select(Notification))
    raw = b'{"message_id": "%s", "event": "delivered"}' % message.provider_reference.encode()
    statuses = [await _report(square, raw), await _report(square, raw)]
    said = await square.town.harness.advance()
    after = await square.town.harness.get(Notification, message.notification_id)

    assert statuses == [204, 204]
    assert said == [] and after is not None and after.reported_at is not None


async def test_a_forged_report_is_refused(square: Square) -> None:
    raw = b'{"message_id": "x", "event": "delivered"}'
    wrong = [_signed(raw, "another secret"), {"data": raw}, {"data": raw, "headers": {"X-Signature": "ü"}}]
    wrong.append({"data": raw + b" ", "headers": _signed(raw)["headers"]})

    assert [await _report(square, raw, **each) for each in wrong] == [401, 401, 401, 401]


async def test_a_report_that_overtakes_the_providers_answer_is_asked_for_again(square: Square) -> None:
    assert await _report(square, b'{"message_id": "<later@x>", "event": "delivered"}') == 503


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"message_id": 1}', b"\xff"])
async def test_a_report_that_cannot_be_read_is_answered_422(square: Square, raw: bytes) -> None:
    assert await _report(square, raw) == 422


async def test_other_reports_are_taken_and_change_nothing(square: Square) -> None:
    assert await _report(square, b'{"message_id": "<x>", "event": "opened"}') == 204


async def test_without_a_secret_no_report_is_believed() -> None:
    from reptidex.services.community import Ports

    nobody: Any = SimpleNamespace(mail_secret="")
    signature = hmac.new(b"", b"raw", hashlib.sha256).hexdigest()

    assert not Ports.report_is_genuine(nobody, b"raw", signature)


async def test_what_is_followed_is_listed(square: Square) -> None:
    for following in (True, True, False):
        body = {"target_kind": "vivarium", "target_id": VIVARIUM, "following": following}
        assert (await square.call("POST", "/community/follow", "bea", body))[0] == 204
    await square.call("POST", "/community/follow", "bea", {"target_kind": "morph", "target_id": "Pastel"})

    assert [each["target_id"] for each in (await square.get("/community/follows", "bea"))["items"]] == ["Pastel"]


@pytest.mark.parametrize(
    ("kind", "target_id"), [("vivarium", "Sam"), ("user", "me"), ("morph", "   "), ("animal", ANIMAL[:-1] + "x")]
)
async def test_what_cannot_be_is_not_followed(square: Square, kind: str, target_id: str) -> None:
    body = {"target_kind": kind, "target_id": target_id}
    status, problem = await square.call("POST", "/community/follow", "bea", body)

    assert (status, "/target_id" in str(problem)) == (422, True)


async def test_a_report_that_names_no_message_is_about_none(square: Square) -> None:
    await square.town.harness.handle(newcomer(), sequence=1)  # its letter waits, and has no reference yet

    assert await _report(square, b'{"message_id": "", "event": "bounced"}') == 422
    [message] = await square.town.harness.find(select(Notification))
    assert message.status == "waiting"
    await square.town.settle()


async def _posted(square: Square) -> str:
    body = {"title": "A question", "text": "Does she eat?", "kind": "question"}
    status, post = await square.call("POST", f"/community/forums/{FORUM}/posts", "sam", body)
    assert status == 201, post
    post_id: str = post["post_id"]
    return post_id


async def test_a_thread_is_written_answered_voted_on_and_read_by_everybody(square: Square) -> None:
    path = f"/community/posts/{await _posted(square)}"
    _, reply = await square.call("POST", f"{path}/replies", "bea", {"text": "Every week."})
    body = {"text": "Thanks!", "parent_reply_id": reply["reply_id"]}
    answered, _ = await square.call("POST", f"{path}/replies", "sam", body)
    _, voted = await square.call("POST", f"{path}/vote", "bea", {"reaction": "up"})
    replies = await square.get(f"{path}/replies")
    [listed] = (await square.get(f"/community/forums/{FORUM}/posts"))["items"]

    assert (answered, voted["score"], listed["replies"]) == (201, 1, 2)
    assert [each["text"] for each in replies["items"]] == ["Every week.", "Thanks!"]


@pytest.mark.parametrize("blank", ["   ", "\u200b\u200b\u200b", "\n\t \u00a0", "\u202e\u2066 "])
async def test_words_that_nobody_can_see_are_none(square: Square, blank: str) -> None:
    path = f"/community/forums/{FORUM}/posts"
    written = f"/community/posts/{await _posted(square)}"
    seen = [
        (await square.call("POST", path, "sam", {"title": blank, "text": "Does she eat?"}))[0],
        (await square.call("POST", path, "sam", {"title": "A question", "text": blank}))[0],
        (await square.call("PUT", written, "sam", {"title": blank, "text": "Does she eat?"}))[0],
        (await square.call("POST", f"{written}/replies", "bea", {"text": blank}))[0],
    ]

    assert seen == [422] * 4


async def test_a_title_is_a_single_line(square: Square) -> None:
    body = {"title": " A question\nabout\u202e feeding ", "text": "Does she eat?\n\nShe should."}
    status, post = await square.call("POST", f"/community/forums/{FORUM}/posts", "sam", body)

    assert (status, post["title"], post["text"]) == (201, "A question about feeding", body["text"])


async def test_an_answer_is_taken_back_by_its_author_and_keeps_its_place(square: Square) -> None:
    path = f"/community/posts/{await _posted(square)}/replies"
    _, reply = await square.call("POST", path, "bea", {"text": "Every week."})
    statuses = [(await square.call("DELETE", f"{path}/{reply['reply_id']}", who))[0] for who in ("", "sam", "bea")]
    [left] = (await square.get(path))["items"]

    assert statuses == [401, 404, 204]
    assert (left["text"], left["author_id"]) == ("", "")


async def test_a_post_is_changed_and_removed_by_its_author_alone(square: Square) -> None:
    path, body = f"/community/posts/{await _posted(square)}", {"title": "Another", "text": "Question"}
    statuses = [(await square.call("PUT", path, who, body))[0] for who in ("", "bea", "sam")]
    statuses += [(await square.call("DELETE", path, who))[0] for who in ("bea", "sam")]

    assert statuses == [401, 404, 200, 404, 204]
    assert (await square.call("GET", path))[0] == 404
    assert (await square.get(f"/community/users/{SAM}/activity"))["items"] == []


async def test_there_are_forums_and_no_others(square: Square) -> None:
    names = [each["name"] for each in await square.get("/community/forums")]

    assert "Husbandry" in names
    assert (await square.call("GET", f"/community/forums/{uid(5)}/posts"))[0] == 404


def _stop(template: str = "order.cancelled", user_id: str = SAM) -> str:
    return STOP.of(user_id, template).removeprefix("http://community.invalid")


async def test_one_click_stops_one_kind_of_mail_to_one_person(square: Square) -> None:
    looked = await square.client.get(_stop())
    before = (await square.get("/notifications/preferences", "sam"))["channels"]
    posted = await square.client.post(_stop(), data={"List-Unsubscribe": "One-Click"})
    after = (await square.get("/notifications/preferences", "sam"))["channels"]

    assert (looked.status, "<form" in await looked.text(), posted.status) == (200, True, 200)
    assert after == before | {"order.cancelled": ["inapp"]}
    assert "email" in (await square.get("/notifications/preferences", "bea"))["channels"]["order.cancelled"]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path[:-1] + ("A" if path[-1] != "A" else "B"),
        lambda path: path.replace("order.cancelled", "order.refunded"),
        lambda path: path.replace("order.cancelled", "welcome"),
        lambda path: path.replace("order.cancelled", "none"),
        lambda path: path.partition("token=")[0] + "token=",
    ],
)
async def test_a_link_that_is_none_of_ours_stops_nothing(square: Square, change: Any) -> None:
    seen = [(await square.client.request(method, change(_stop()))).status for method in ("GET", "POST")]

    assert seen == [422, 422]
    assert "email" in (await square.get("/notifications/preferences", "sam"))["channels"]["order.cancelled"]
