"""The routes of repti-ops, through the real web side."""

import re
from datetime import timedelta
from typing import Any

import pytest

from reptidex.streams.core import AuthUserDeleted, AuthUserUpdated
from reptidex.streams.ops import AdminActionPerformed, AuditComplianceRequested
from reptidex.streams.pages import source_hash
from reptidex.tables.ops.models import Alert, Health
from tests.unit.ops.desk import BEA, SAM, Desk, newcomer, uid

CHAIN = "a-request-id"


async def _chain(desk: Desk) -> None:
    await desk.hear(newcomer(), correlation_id=CHAIN, actor=f"user:{SAM}")
    await desk.hear(AuthUserDeleted(user_id=SAM, reason="requested"), 2, correlation_id=CHAIN, actor=f"user:{SAM}")


async def test_a_chain_is_seen_by_who_began_it_and_by_administrators(desk: Desk) -> None:
    await _chain(desk)
    seen = [(await desk.call("GET", f"/audit/chains/{CHAIN}", who))[0] for who in ("sam", "admin", "bea", "")]
    chain = await desk.get(f"/audit/chains/{CHAIN}")

    assert seen == [200, 200, 404, 401]
    assert [event["name"] for event in chain["events"]] == ["auth.user.created", "auth.user.deleted"]
    assert chain["services"] == ["repti-core"]


async def test_the_trail_is_searched_by_name_subject_and_actor(desk: Desk) -> None:
    await _chain(desk)
    await desk.hear(newcomer(BEA))
    found = {
        query: len((await desk.get(f"/audit/events?{query}"))["items"])
        for query in ("name=auth.user.created", "name=auth.*", "name=auth_*", f"subject={BEA}", f"actor=user:{SAM}")
    }

    assert list(found.values()) == [2, 3, 0, 1, 2]


async def test_the_trail_is_read_page_by_page(desk: Desk) -> None:
    for number in range(5):
        await desk.hear(newcomer(uid(100 + number)))
    names, cursor = [], ""
    while cursor is not None:
        page = await desk.get(f"/audit/events?limit=2{f'&cursor={cursor}' if cursor else ''}")
        names += [event["subject"] for event in page["items"]]
        cursor = page.get("next")

    assert len(names) == len(set(names)) == 5


@pytest.mark.parametrize(
    "path",
    ["/admin/dashboard", "/admin/users", "/admin/content/reports", "/audit/events", "/monitoring/alerts"],
)
async def test_administration_is_for_administrators(desk: Desk, path: str) -> None:
    assert [(await desk.call("GET", path, who))[0] for who in ("", "sam", "admin")] == [401, 403, 200]


async def test_the_dashboard_shows_the_platform_at_a_glance(desk: Desk) -> None:
    await desk.hear(newcomer())
    now = desk.harness.now
    await desk.harness.put(
        Health(service="repti-core", status="up", since=now, looked_at=now),
        Alert(
            alert_id="a",
            number="a",
            service="repti-core",
            rule="r",
            severity="warning",
            value=1.0,
            detail="",
            since=now,
        ),
    )
    seen = await desk.get("/admin/dashboard")

    assert (seen["users"], [each["name"] for each in seen["events"]]) == (1, ["auth.user.created"])
    assert ([each["service"] for each in seen["services"]], len(seen["alerts"])) == (["repti-core"], 1)


async def test_a_user_is_suspended_with_a_reason(desk: Desk) -> None:
    await desk.hear(newcomer())
    path = f"/admin/users/{SAM}/status"
    without, _ = await desk.call("PUT", path, "admin", {"status": "suspended", "reason": ""})
    status, person = await desk.call("PUT", path, "admin", {"status": "suspended", "reason": "fraud"})
    said = desk.harness.events[-1].data

    assert (without, status, person["status"]) == (422, 200, "suspended")
    assert isinstance(said, AdminActionPerformed) and said.action == "user.suspend"


async def test_a_report_a_decision_and_an_appeal_over_http(desk: Desk) -> None:
    report = {"subject_id": SAM, "subject_kind": "user", "reason": "fraud"}
    status, taken = await desk.call("POST", "/content/reports", "bea", report)
    [case] = (await desk.get("/admin/content/reports?status=open"))["items"]
    decision = {"subject_id": SAM, "decision": "hide"}
    decided = [(await desk.call("POST", "/admin/content/moderate", "admin", decision))[0] for _ in range(2)]
    appeals = [(await desk.call("POST", "/content/appeals", who, {"subject_id": SAM}))[0] for who in ("bea", "sam")]

    assert (status, taken) == (201, {"subject_id": SAM, "case_id": case["case_id"]})
    assert (decided, appeals) == ([200, 404], [404, 200])


class CoreTwin:
    """repti-core's settings."""

    async def get(self, path: str, answer: Any, query: Any) -> Any:
        assert path == "/config/settings"
        return answer(items=[])


async def test_live_settings_are_read_at_core_and_changed_by_an_act(desk: Desk) -> None:
    desk.ports.core = CoreTwin()
    body = {"config_key": "sales.reserve", "value": {"seconds": 60}, "reason": "a trial"}
    status, taken = await desk.call("PUT", "/admin/system/config", "admin", body)
    wrong, _ = await desk.call("PUT", "/admin/system/config", "admin", body | {"config_key": "No Key"})
    said = desk.harness.events[-1].data

    assert (status, taken["target_id"], wrong) == (202, "sales.reserve", 422)
    assert (said.action, said.value) == ("config.change", '{"seconds":60}')
    assert (await desk.get("/admin/system/config"))["items"] == []


async def test_a_secret_is_no_live_setting_and_never_comes_into_the_log(desk: Desk) -> None:
    body = {"config_key": "smtp.password", "value": "hunter2", "reason": "new provider"}
    status, problem = await desk.call("PUT", "/admin/system/config", "admin", body)

    assert (status, problem["pointer"]) == (422, "/config_key")
    assert desk.harness.events == []


async def test_a_person_demands_the_erasure_of_their_own_data(desk: Desk) -> None:
    status, request = await desk.call("POST", "/compliance/erasure", "sam", {"scope": "ccpa"})
    own = (await desk.get("/compliance/requests", "sam"))["items"]

    assert (status, request["user_id"], own) == (202, SAM, [request])
    assert isinstance(desk.harness.events[-1].data, AuditComplianceRequested)
    assert (await desk.get("/compliance/requests", "bea"))["items"] == []


async def test_a_token_of_a_sign_in_of_long_ago_erases_nobody(desk: Desk) -> None:
    status, problem = await desk.call("POST", "/compliance/erasure", "bea, signed in long ago", {})

    assert (status, problem["title"]) == (401, "Sign in anew")
    assert desk.harness.events == []


async def test_the_console_runs_no_script_but_its_own(desk: Desk) -> None:
    client = (await desk.views()).client
    async with client.get("/console") as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]

    script = page.split("<script>")[1].split("</script>")[0]
    assert answer.status == 200
    assert page.count("<script") == 1 and not re.search(r"\son\w+=", page)
    assert f"script-src '{source_hash(script)}'" in policy and "unsafe" not in policy


async def test_the_console_is_framed_by_nobody(desk: Desk) -> None:
    client = (await desk.views()).client
    async with client.get("/console", headers={"X-Request-ID": "chosen-by-somebody"}) as answer:
        policy = answer.headers["Content-Security-Policy"]

    assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} <= set(policy.split("; "))
    assert "chosen" not in policy


async def test_who_joins_a_chain_with_a_request_of_their_own_does_not_see_it(desk: Desk) -> None:
    await _chain(desk)
    later = desk.harness.now + timedelta(minutes=1)

    await desk.hear(newcomer(BEA), 1, correlation_id=CHAIN, actor=f"user:{BEA}", at=later)
    seen = [(await desk.call("GET", f"/audit/chains/{CHAIN}", who))[0] for who in ("sam", "bea")]

    assert seen == [200, 404]


async def test_of_the_trail_a_person_gets_their_acts_and_that_something_was_done_to_them(desk: Desk) -> None:
    await desk.hear(newcomer(), actor=f"user:{SAM}")
    await desk.hear(newcomer(BEA), actor=f"user:{BEA}")
    suspended = AuthUserUpdated(user_id=SAM, changed=("status",), status="suspended")
    await desk.hear(suspended, 2, actor=f"user:{BEA}")
    own = (await desk.get("/me/data", "sam"))["tables"]["audit_records"]

    assert [(each["name"], each["actor"]) for each in own] == [
        ("auth.user.created", f"user:{SAM}"),
        ("auth.user.updated", "user"),
    ]
