"""Routes, their types and their policies, over HTTP."""

import time
from typing import Any

import pytest

ID = "018f6f5e-7c3a-7b6e-9d1a-2f4b5c6d7e8f"


async def test_a_write_is_sent_as_a_command_and_answered_with_what_the_handler_said(stand: Any) -> None:
    headers = await stand.bearer(role="handler") | {"X-Request-ID": "request-12345"}
    status, body, answered = await stand.call("POST", f"/weights/{ID}", json={"grams": 5}, headers=headers)

    assert (status, body["grams"]) == (201, 5)
    assert answered["X-Request-ID"] == stand.ledger.origins[0]["correlation_id"] == "request-12345"
    assert stand.ledger.origins[0]["actor"] == "user:018f6f5e-0000-7000-8000-000000000001"
    assert stand.ledger.origins[0]["vivarium_id"] == ID


@pytest.mark.parametrize(
    ("who", "call", "expected"),
    [
        (None, "GET /weights", 401),
        ({"role": "keeper"}, "GET /weights", 200),
        ({"role": "herpetologist"}, "GET /weights", 200),
        ({"role": "keeper", "vid": ""}, "GET /weights", 403),
        ({"role": "", "vid": ID}, "GET /weights", 403),
        ({"role": "owner"}, "GET /weights", 403),
        ({"kind": "service", "sub": "repti-commerce", "role": "", "vid": ""}, "GET /weights", 200),
        ({"kind": "service", "sub": "repti-media", "role": "herpetologist"}, "GET /weights", 403),
        ({"sub": "repti-commerce", "role": ""}, "GET /weights", 403),
        ({"role": "keeper"}, f"POST /weights/{ID}", 403),
        (None, f"GET /weights/{ID}", 200),
        ({"role": "herpetologist"}, f"DELETE /weights/{ID}", 403),
        ({"scope": "admin"}, f"DELETE /weights/{ID}", 204),
        ({"scope": "administrator"}, f"DELETE /weights/{ID}", 403),
        (None, "GET /me", 401),
        ({"vid": "", "role": ""}, "GET /me", 200),
        ({"kind": "service", "sub": "repti-commerce"}, "GET /me", 403),
        ({"scope": "admin", "role": "herpetologist"}, "POST /inner", 403),
        ({"kind": "service", "sub": "repti-animal"}, "POST /inner", 200),
        ({"kind": "service", "sub": "repti-core"}, "POST /inner", 403),
        (None, "POST /keys", 401),
        ({}, "POST /keys", 401),
        ({"auth_time": 2**40}, "POST /keys", 200),
        ({"auth_time": 2**40, "via": "api_key"}, "POST /keys", 403),
    ],
)
async def test_a_policy_lets_in_whom_it_names(stand: Any, who: dict[str, str] | None, call: str, expected: int) -> None:
    method, path = call.split()
    headers = {} if who is None else await stand.bearer(**who)
    body = {"json": {"grams": 5}} if method == "POST" else {}
    status, _, answered = await stand.call(method, path, headers=headers, **body)

    assert status == expected
    assert ("WWW-Authenticate" in answered) == (expected == 401)


async def test_too_old_a_sign_in_is_told_how_recent_it_must_be(start: Any) -> None:
    stand = await start(origins=("https://app.example",))
    long_ago = await stand.bearer(auth_time=int(time.time()) - 700) | {"Origin": "https://app.example"}

    status, problem, headers = await stand.call("POST", "/keys", headers=long_ago)

    assert (status, problem["type"]) == (401, "urn:reptidex:problem:insufficient-user-authentication")
    assert (problem["title"], problem["max_age"]) == ("Sign in anew", 600)
    assert headers["WWW-Authenticate"] == (
        'Bearer realm="reptidex", error="insufficient_user_authentication", '
        'error_description="A more recent authentication is required", max_age="600"'
    )
    assert "WWW-Authenticate" in headers["Access-Control-Expose-Headers"]


async def test_a_bad_token_is_refused_on_public_routes_too(stand: Any) -> None:
    status, _, _ = await stand.call("GET", f"/weights/{ID}", headers={"Authorization": "Bearer nonsense"})

    assert status == 401


async def test_a_revoked_session_is_refused_though_its_token_is_remembered(stand: Any) -> None:
    headers = await stand.bearer(sid="s9")
    before, _, _ = await stand.call("GET", "/me", headers=headers)
    stand.revoked.add("s9")
    after, _, _ = await stand.call("GET", "/me", headers=headers)

    assert (before, after) == (200, 401)


@pytest.mark.parametrize(
    ("data", "kind", "status", "pointer"),
    [
        (b'{"grams": "x"}', "application/json", 422, "/grams"),
        (b"{}", "application/json", 422, "/grams"),
        (b'{"grams": 0}', "application/json", 422, "/grams"),
        (b'{"grams": 1, "notes": [{}, {"a": "b"}]}', "application/json", 422, "/notes/1"),
        (b'{"grams": 1, "said": "\\u0000"}', "application/json", 422, "/said"),
        (b'{"grams": 1, "notes": [{"a": 99999999999999999999}]}', "application/json", 422, "/notes/0/a"),
        (b"[]", "application/json", 422, ""),
        (b"null", "application/json", 422, ""),
        (b"{", "application/json", 400, None),
        (b"", "application/json", 400, None),
        (b'{"grams": 1} x', "application/json", 400, None),
        (b'{"grams": 1, "said": "\xff"}', "application/json", 400, None),
        (b'{"grams": 1, "said": "\\ud800"}', "application/json", 400, None),
        (b"[" * 100_000, "application/json", 422, ""),
        (b'{"grams": 1}', "text/plain", 415, None),
        (b'{"grams": 1}', "application/json; charset=latin-1", 415, None),
        (b'{"grams": 1}', "application/vnd.x+json", 201, None),
        (b" " * 1_100_000, "application/json", 413, None),
    ],
)
async def test_a_body_of_another_shape_is_refused_with_its_place(
    stand: Any, data: bytes, kind: str, status: int, pointer: str | None
) -> None:
    headers = await stand.bearer(role="handler") | {"Content-Type": kind}
    found, body, answered = await stand.call("POST", f"/weights/{ID}", data=data, headers=headers)

    assert found == status
    assert body.get("pointer") == pointer
    assert status == 201 or answered["Content-Type"] == "application/problem+json"


async def test_a_compressed_body_is_not_unpacked(stand: Any) -> None:
    headers = await stand.bearer(role="handler") | {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    status, _, _ = await stand.call("POST", f"/weights/{ID}", data=b"\x1f\x8b", headers=headers)

    assert status == 415


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ("limit=0", 422, "/limit"),
        ("limit=201", 422, "/limit"),
        ("limit=ten", 422, "/limit"),
        ("least=99999999999999999999", 422, "/least"),
        ("limit=5&limit=6", 422, "/limit"),
        ("tags=%00", 422, "/tags/0"),
        ("tags=a&tags=b&unknown=1", 200, None),
    ],
)
async def test_a_query_is_read_into_its_type(stand: Any, query: str, status: int, pointer: str | None) -> None:
    found, body, _ = await stand.call("GET", f"/weights?{query}", headers=await stand.bearer())

    assert (found, body.get("pointer")) == (status, pointer)


@pytest.mark.parametrize("place", ["1", "018f6f5e7c3a7b6e9d1a2f4b5c6d7e8f", "%00", "..%2f..", "'--", ID + "x"])
async def test_an_id_that_is_no_uuid_names_nothing(stand: Any, place: str) -> None:
    status, _, _ = await stand.call("GET", f"/weights/{place}")

    assert status == 404


async def test_an_id_in_capitals_is_the_same_id(stand: Any) -> None:
    _, body, _ = await stand.call("GET", f"/weights/{ID.upper()}")

    assert body["weight_id"] == ID


async def test_a_word_in_a_path_wins_over_a_parameter(stand: Any) -> None:
    status, body, _ = await stand.call("GET", "/weights/search")

    assert (status, body) == (200, [])


async def test_a_file_is_taken_up_to_the_routes_own_limit(stand: Any) -> None:
    small = await stand.call("POST", "/upload", data=b"x" * 5_000)
    large = await stand.call("POST", "/upload", data=b"x" * 5_001)

    assert (small[0], small[1]) == (200, {"bytes": 5_000})
    assert large[0] == 413


async def test_a_raw_answer_keeps_its_own_headers(stand: Any) -> None:
    _, body, headers = await stand.call("GET", "/picture")

    assert (body, headers["Content-Type"]) == (b"<svg/>", "image/svg+xml")
    assert headers["Content-Security-Policy"] == "sandbox"


async def test_an_answer_that_is_sent_as_it_is_made_comes_whole_and_guarded(stand: Any) -> None:
    status, body, headers = await stand.call("GET", "/export")

    assert (status, len(body.splitlines())) == (200, 1000)
    assert headers["Transfer-Encoding"] == "chunked" and "ETag" not in headers
    assert headers["Content-Type"] == "text/csv" and headers["X-Content-Type-Options"] == "nosniff"


async def test_a_list_is_followed_from_page_to_page_by_its_link(stand: Any) -> None:
    path, seen, headers = "/weights?limit=4&least=1", [], await stand.bearer()
    while path:
        _, body, answered = await stand.call("GET", path, headers=headers)
        seen += [weight["grams"] for weight in body["items"]]
        path = answered.get("Link", "").partition(">")[0].removeprefix("<")

    assert seen == [1, 2, 3, 4, 5, 6, 7, 8, 9]
