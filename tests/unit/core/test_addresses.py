"""Another e-mail address for an account: only who reads the new one makes the change, and who reads the old one can stop it."""

from datetime import timedelta
from typing import Any

import pytest

from reptidex.errors import DomainError, UnauthenticatedError
from reptidex.services.core import is_known
from reptidex.streams.commands.core import DeleteUser, GrantAdmin
from reptidex.streams.commands.core_addresses import AskForAddress
from reptidex.streams.core import AuthSessionRevoked, AuthUserUpdated
from reptidex.tables.core.address_changes import AddressChange
from reptidex.tables.core.people import Address, Grant, User
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand

OLD, NEW = "sam@example.com", "sam@elsewhere.example"


async def ask(stand: Stand, tokens: Any, email: str = NEW) -> tuple[int, Any]:
    """Ask for another address."""
    return await stand.post("/auth/email", {"email": email}, token=tokens["access_token"])


async def asked(stand: Stand, tokens: Any, email: str = NEW) -> Any:
    """Ask for another address, and return what community is told then."""
    status, said = await ask(stand, tokens, email)
    assert status == 202, said
    return await stand.contact(tokens["user_id"])


async def changed(stand: Stand, tokens: Any, email: str = NEW) -> Any:
    """Change the address, and return what community is told then."""
    contact = await asked(stand, tokens, email)
    status, said = await stand.post("/auth/email/confirm", {"token": contact["change_token"]})
    assert status == 200, said
    return await stand.contact(tokens["user_id"])


async def email_of(stand: Stand, tokens: Any) -> str:
    """Return the address that a signed-in person is shown as theirs."""
    status, me = await stand.get("/auth/me", token=tokens["access_token"])
    assert status == 200, me
    email: str = me["email"]
    return email


async def test_asking_changes_nothing_and_both_addresses_are_written_to(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await asked(stand, tokens)

    assert (contact["email"], contact["new_email"], contact["old_email"]) == (OLD, NEW, OLD)
    assert stand.harness.events[-1].data == AuthUserUpdated(
        user_id=tokens["user_id"], changed=("email_change_requested",)
    )
    assert await email_of(stand, tokens) == OLD
    assert [(await stand.login(each))[0] for each in (OLD, NEW)] == [200, 401]


async def test_the_link_sent_to_the_new_address_changes_it_and_the_look_ups_follow(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await changed(stand, tokens)
    told = stand.harness.events[-1].data

    assert await email_of(stand, tokens) == NEW
    assert [(await stand.login(each))[0] for each in (OLD, NEW)] == [401, 200]
    assert (contact["email"], contact["old_email"], contact["new_email"], contact["change_token"]) == (NEW, OLD, "", "")
    assert (told.changed, told.email_hash) == (("email",), stand.ports.keyed.address_hash(NEW))


async def test_opening_the_link_again_changes_nothing(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await asked(stand, tokens)
    await stand.post("/auth/email/confirm", {"token": contact["change_token"]})
    told = len(stand.harness.events)
    again, _ = await stand.post("/auth/email/confirm", {"token": contact["change_token"]})

    assert (again, len(stand.harness.events)) == (200, told)


async def test_the_other_sessions_end_and_the_one_that_asked_goes_on(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, other = await stand.login()
    await changed(stand, tokens)

    ended = [each.data.session_id for each in stand.harness.events if isinstance(each.data, AuthSessionRevoked)]
    assert ended == [other["session_id"]]
    status, _ = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert status == 200


async def test_a_taken_address_is_answered_alike_and_told_only_to_who_reads_its_mail(stand: Stand) -> None:
    tokens = await stand.sign_in()
    free = await ask(stand, tokens)
    await stand.join("bea@example.com", "Bea")
    await stand.harness.advance(by=timedelta(minutes=2))
    taken = await ask(stand, tokens, "bea@example.com")
    contact = await stand.contact(tokens["user_id"])
    status, problem = await stand.post("/auth/email/confirm", {"token": contact["change_token"]})

    assert free == taken
    assert (status, problem["title"]) == (409, "The address is taken")
    assert await email_of(stand, tokens) == OLD


async def test_an_address_that_was_taken_meanwhile_is_not_taken_over(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await asked(stand, tokens)
    bea = await stand.register(NEW, "Bea")
    status, _ = await stand.post("/auth/email/confirm", {"token": contact["change_token"]})

    assert status == 409
    held = await stand.harness.get(Address, stand.ports.keyed.address_hash(NEW))
    assert held is not None and held.user_id == bea["user_id"]


@pytest.mark.parametrize("spelled", [OLD, " Sam@EXAMPLE.com "])
async def test_ones_own_address_is_no_other(stand: Stand, spelled: str) -> None:
    status, problem = await ask(stand, await stand.sign_in(), spelled)

    assert (status, problem["detail"]) == (409, "this is the address of your account already")


async def test_what_is_no_address_is_refused(stand: Stand) -> None:
    status, _ = await ask(stand, await stand.sign_in(), "not an address")

    assert status == 422


async def test_one_link_a_minute_and_only_the_latest_works(stand: Stand) -> None:
    tokens = await stand.sign_in()
    first = await asked(stand, tokens)
    at_once, _ = await ask(stand, tokens)
    await stand.harness.advance(by=timedelta(minutes=1))
    latest = await asked(stand, tokens, "sam@third.example")
    outcomes = [
        (await stand.post("/auth/email/confirm", {"token": each["change_token"]}))[0] for each in (first, latest)
    ]

    assert (at_once, outcomes) == (409, [422, 200])
    assert await email_of(stand, tokens) == "sam@third.example"


async def test_who_asked_sees_the_address_that_waits_and_can_call_it_off(stand: Stand) -> None:
    tokens = await stand.sign_in()
    bearer = tokens["access_token"]
    contact = await asked(stand, tokens)
    _, waiting = await stand.get("/auth/me", token=bearer)
    called_off = [(await stand.call("DELETE", "/auth/email", token=bearer))[0] for _ in range(2)]
    _, after = await stand.get("/auth/me", token=bearer)
    status, _ = await stand.post("/auth/email/confirm", {"token": contact["change_token"]})

    assert (waiting["new_email"], after["new_email"], called_off, status) == (NEW, "", [204, 204], 422)


async def test_what_was_changed_is_not_called_off_but_by_the_link(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await changed(stand, tokens)
    await stand.call("DELETE", "/auth/email", token=tokens["access_token"])
    back, _ = await stand.post("/auth/email/stop", {"token": contact["stop_token"]})

    assert back == 200


async def test_a_link_is_good_for_a_day_and_the_wish_is_forgotten_then(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await asked(stand, tokens)
    await stand.harness.advance(by=timedelta(days=1))
    late, _ = await stand.post("/auth/email/confirm", {"token": contact["change_token"]})
    kept = await stand.harness.get(AddressChange, tokens["user_id"])

    assert kept is not None and (late, kept.address_hash, kept.email_sealed) == (422, "", b"")


async def test_who_was_thrown_out_meanwhile_does_not_get_the_account(stand: Stand) -> None:
    stolen = await stand.sign_in()
    contact = await asked(stand, stolen)
    _, owner = await stand.login()
    body = {"current_password": PASSWORD, "password": "quite another sentence 99"}
    await stand.call("PUT", "/auth/password", body, token=owner["access_token"])
    status, problem = await stand.post("/auth/email/confirm", {"token": contact["change_token"]})

    assert (status, "session" in problem["detail"]) == (422, True)
    assert await email_of(stand, owner) == OLD


async def test_a_session_that_has_ended_asks_for_nothing(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.post("/auth/logout", token=tokens["access_token"])
    sealed, address = b"sealed", stand.ports.keyed.address_hash(NEW)
    asking = AskForAddress(
        user_id=tokens["user_id"], session_id=tokens["session_id"], address_hash=address, email_sealed=sealed
    )

    with pytest.raises(UnauthenticatedError):
        await stand.harness.handle(asking)


async def test_who_reads_the_old_address_stops_a_change_before_it_is_made(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await asked(stand, tokens)
    stopped, _ = await stand.post("/auth/email/stop", {"token": contact["stop_token"]})
    after, _ = await stand.post("/auth/email/confirm", {"token": contact["change_token"]})

    assert (stopped, after) == (200, 422)
    assert (await stand.login())[0] == 200
    refreshed, _ = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert refreshed == 401, "whoever asked for it may be a stranger"


async def test_who_reads_the_old_address_takes_a_change_back_and_gets_a_new_password(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await changed(stand, tokens)
    await stand.post("/auth/forgot-password", {"email": NEW})
    strangers = (await stand.contact(tokens["user_id"]))["reset_token"]
    await stand.harness.advance(by=timedelta(days=2))
    status, said = await stand.post("/auth/email/stop", {"token": contact["stop_token"]})
    assert status == 200, said

    told = stand.harness.events[-1].data
    assert (told.changed, told.email_hash) == (("email_change_stopped",), stand.ports.keyed.address_hash(OLD))
    contact = await stand.contact(tokens["user_id"])
    assert (contact["email"], contact["old_email"], contact["stop_token"]) == (OLD, "", "")
    fresh = "quite another sentence 99"
    outcomes = [
        (await stand.post("/auth/reset-password", {"token": token, "password": fresh}))[0]
        for token in (strangers, contact["reset_token"])
    ]
    assert outcomes == [422, 200]
    assert [(await stand.login(each, fresh))[0] for each in (OLD, NEW)] == [200, 401]
    assert (await stand.register(NEW, "Bea"))["user_id"] != tokens["user_id"]


async def test_the_address_of_before_stays_taken_for_three_days_and_leads_nowhere(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await changed(stand, tokens)
    told = len(stand.harness.events)
    await stand.post("/auth/forgot-password", {"email": OLD})
    registered, _ = await stand.post("/auth/register", {"email": OLD, "password": PASSWORD, "display_name": "Eve"})

    assert (registered, len(stand.harness.events)) == (409, told)

    await stand.harness.advance(by=timedelta(days=3))
    late, _ = await stand.post("/auth/email/stop", {"token": contact["stop_token"]})
    assert late == 422
    assert (await stand.register(OLD, "Eve"))["user_id"] != tokens["user_id"]
    assert await email_of(stand, (await stand.login(NEW))[1]) == NEW


async def test_no_second_change_takes_the_owners_way_back_from_them(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await changed(stand, tokens)
    await stand.harness.advance(by=timedelta(minutes=5))
    again, _ = await ask(stand, tokens, "sam@third.example")
    back, _ = await stand.post("/auth/email/stop", {"token": contact["stop_token"]})

    assert (again, back) == (409, 200)


async def test_a_link_for_a_new_password_does_not_outlive_the_address_it_went_to(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.post("/auth/forgot-password", {"email": OLD})
    reset = (await stand.contact(tokens["user_id"]))["reset_token"]
    await changed(stand, tokens)
    status, _ = await stand.post("/auth/reset-password", {"token": reset, "password": "quite another sentence 99"})

    assert status == 422


async def test_what_was_granted_goes_with_the_person_and_is_not_left_to_who_comes_next(stand: Stand) -> None:
    tokens = await stand.sign_in()
    old, new = (stand.ports.keyed.address_hash(each) for each in (OLD, NEW))
    await stand.harness.handle(GrantAdmin(address_hash=old))
    contact = await changed(stand, tokens)
    assert [await stand.harness.get(Grant, each) is not None for each in (old, new)] == [False, True]

    await stand.post("/auth/email/stop", {"token": contact["stop_token"]})
    assert [await stand.harness.get(Grant, each) is not None for each in (old, new)] == [True, False]


async def test_nothing_is_granted_to_an_address_that_is_nobodys_for_now(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await changed(stand, tokens)
    old = stand.ports.keyed.address_hash(OLD)

    with pytest.raises(DomainError):
        await stand.harness.handle(GrantAdmin(address_hash=old))
    assert await stand.harness.get(Grant, old) is None
    assert not await is_known(stand.harness.read, GrantAdmin(address_hash=old))


async def test_links_are_good_for_their_own_purpose_only(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await asked(stand, tokens)
    confirmed, _ = await stand.post("/auth/email/confirm", {"token": contact["stop_token"]})
    stopped, _ = await stand.post("/auth/email/stop", {"token": contact["change_token"]})

    assert (confirmed, stopped) == (422, 422)


async def test_nothing_of_a_change_outlives_the_account(stand: Stand) -> None:
    tokens = await stand.sign_in()
    contact = await changed(stand, tokens)
    await stand.harness.handle(DeleteUser(user_id=tokens["user_id"]))

    held = await stand.harness.find(select(Address, Address.c.user_id == tokens["user_id"]))
    assert (held, await stand.harness.get(AddressChange, tokens["user_id"])) == ([], None)
    status, _ = await stand.post("/auth/email/stop", {"token": contact["stop_token"]})
    assert status == 422
    await stand.harness.advance(by=timedelta(days=4))
    gone = await stand.harness.get(User, tokens["user_id"])
    assert gone is not None and gone.status == "deleted"


@pytest.mark.parametrize(
    ("path", "button"), [("/auth/email/confirm", "Change"), ("/auth/email/stop", "Keep my address")]
)
async def test_a_link_shows_a_page_and_does_nothing_by_itself(stand: Stand, path: str, button: str) -> None:
    tokens = await stand.sign_in()
    contact = await asked(stand, tokens)
    told = len(stand.harness.events)
    token = contact["change_token" if path.endswith("confirm") else "stop_token"]
    status, shown = await stand.get(f"{path}?token={token}")

    assert (status, len(stand.harness.events)) == (200, told)
    assert f"<button>{button}</button>".encode() in shown
