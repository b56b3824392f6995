"""What HTTP itself asks of a service: methods, validators, problems, ids, headers."""

import re
from typing import Any

import msgspec
import pytest

from reptidex.testing.eventually import eventually

ID = "018f6f5e-7c3a-7b6e-9d1a-2f4b5c6d7e8f"


async def test_an_unknown_path_and_another_method_are_problems(stand: Any) -> None:
    lost, body, _ = await stand.call("GET", "/nothing/here")
    other, _, headers = await stand.call("PATCH", f"/weights/{ID}")

    assert (lost, body["type"], body["status"]) == (404, "urn:reptidex:problem:no-route", 404)
    assert (other, headers["Allow"]) == (405, "DELETE, GET, HEAD, OPTIONS, POST")


async def test_options_tells_the_methods(stand: Any) -> None:
    status, _, headers = await stand.call("OPTIONS", "/weights")

    assert (status, headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "Access-Control-Allow-Origin" not in headers


async def test_head_answers_the_headers_of_get(stand: Any) -> None:
    _, _, got = await stand.call("GET", f"/weights/{ID}")
    status, body, head = await stand.call("HEAD", f"/weights/{ID}")

    assert (status, body) == (200, b"")
    assert (head["ETag"], head["Content-Length"]) == (got["ETag"], got["Content-Length"])


async def test_an_unchanged_answer_is_not_sent_twice(stand: Any) -> None:
    _, _, first = await stand.call("GET", f"/weights/{ID}")
    status, body, second = await stand.call(
        "GET", f"/weights/{ID}", headers={"If-None-Match": f'"x", W/{first["ETag"]}'}
    )
    changed, _, _ = await stand.call("GET", f"/weights/{ID}", headers={"If-None-Match": '"x"'})

    assert (status, body, second["ETag"], changed) == (304, b"", first["ETag"], 200)


async def test_a_rule_is_told_and_a_fault_is_not(stand: Any, caplog: pytest.LogCaptureFixture) -> None:
    rule, told, _ = await stand.call("GET", "/fail/rule")
    fault, hidden, headers = await stand.call("GET", "/fail/bug")
    away, apart, retry = await stand.call("GET", "/fail/away")

    assert (rule, told["detail"]) == (409, "the animal is asleep")
    assert (fault, "detail" in hidden, hidden["instance"]) == (500, False, headers["X-Request-ID"])
    assert "secret" not in msgspec.json.encode(hidden).decode()
    assert (away, "hunter2" in str(apart), retry["Retry-After"]) == (503, False, "1")
    assert headers["X-Request-ID"] in caplog.text


@pytest.mark.parametrize("given", ["short", "with space in it", "x" * 129, 'quo"te-12345'])
async def test_a_request_id_that_is_not_sane_is_replaced(stand: Any, given: str) -> None:
    _, _, headers = await stand.call("GET", "/picture", headers={"X-Request-ID": given})

    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", headers["X-Request-ID"])


async def test_a_trace_is_carried_on_under_a_span_of_its_own(stand: Any) -> None:
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = await stand.bearer(role="handler") | {"traceparent": given}
    await stand.call("POST", f"/weights/{ID}", json={"grams": 5}, headers=headers)
    carried = stand.ledger.origins[0]["traceparent"]

    assert carried.split("-")[1] == given.split("-")[1]
    assert carried.split("-")[2] != given.split("-")[2]


async def test_answers_carry_the_headers_that_keep_browsers_safe(stand: Any) -> None:
    _, _, open_to_all = await stand.call("GET", f"/weights/{ID}")
    _, _, personal = await stand.call("GET", "/me", headers=await stand.bearer())
    _, _, problem = await stand.call("GET", "/nothing")

    for headers in (open_to_all, personal, problem):
        assert (headers["X-Content-Type-Options"], headers["Server"]) == ("nosniff", "reptidex")
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert (open_to_all["Cache-Control"], personal["Cache-Control"]) == ("no-cache", "no-store")


async def test_browsers_are_bound_to_https_only_where_people_come_by_it(start: Any) -> None:
    _, _, plain = await (await start()).call("GET", "/picture")
    behind = await start(tls=True)
    found = [(await behind.call("GET", path))[2] for path in ("/picture", "/nothing", "/health")]

    assert "Strict-Transport-Security" not in plain
    assert [headers["Strict-Transport-Security"] for headers in found] == ["max-age=63072000"] * 3


async def test_pages_of_a_named_origin_may_read_and_others_may_not(start: Any) -> None:
    stand = await start(origins=("https://app.example",))
    ask = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    _, _, named = await stand.call("OPTIONS", "/weights", headers=ask)
    _, _, other = await stand.call("GET", "/picture", headers={"Origin": "https://evil.example"})

    assert named["Access-Control-Allow-Origin"] == "https://app.example"
    assert ("Access-Control-Allow-Origin" in other, other["Vary"]) == (False, "Origin")


async def test_the_access_log_names_the_request_and_tells_no_secret(stand: Any) -> None:
    headers = await stand.bearer()
    await stand.call("GET", "/weights?cursor=0&secret=hunter2", headers=headers)
    await stand.call("GET", "/health")
    await stand.call("GET", "/fail/rule")
    await eventually(lambda: b"fail" in b"".join(stand.lines))
    text = b"".join(stand.lines)
    lines = [msgspec.json.decode(line) for line in text.splitlines()]

    assert [(line["endpoint"], line["status_code"]) for line in lines] == [("/weights", 200), ("/fail/{how}", 409)]
    assert lines[0]["user_id"] == "018f6f5e-0000-7000-8000-000000000001"
    assert lines[0]["service"] == "repti-webtest"
    assert b"hunter2" not in text
    assert headers["Authorization"].encode() not in text


async def test_the_access_log_names_the_client_and_not_the_proxy(start: Any) -> None:
    stand = await start(trusted_proxies=("127.0.0.0/8",))
    await stand.call("GET", "/fail/rule", headers={"X-Forwarded-For": "192.0.2.7"})
    await eventually(lambda: stand.lines)

    assert [msgspec.json.decode(line)["client_host"] for line in stand.lines] == ["192.0.2.7"]
