"""The pure rules of repti-core: payments as a state machine, roles, rollouts, tokens, links, addresses, passwords."""

import asyncio
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

import pyotp
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reptidex.connectors.mail.port import Letter, compose
from reptidex.domain import access, opaque, plans, rollout, sessions, totp
from reptidex.domain.addresses import normal_address
from reptidex.domain.keyed import Keyed
from reptidex.domain.passwords import Hashing, WeakPasswordError, check_strength
from reptidex.domain.payments import Act, Seen, Status, decide
from reptidex.errors import ForbiddenError, InvalidError, UnavailableError

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ROLES = st.sampled_from(sorted(access.RANKS))


@given(st.lists(st.sampled_from((*get_args(Seen), "cancel")), max_size=30))
def test_whatever_is_seen_in_whatever_order_a_payment_is_told_at_most_once_each_way(seen: list[str]) -> None:
    status: Status = "authorising"
    done: list[Act] = []
    for each in seen:
        if each == "cancel":
            status = "canceling" if status in ("authorising", "awaiting", "capturing") else status
            continue
        decision = decide(status, each)  # type: ignore[arg-type]
        status = decision.status
        done += decision.acts

    assert done.count("say_completed") + done.count("say_failed") <= 1
    assert done.count("refund") <= 1
    assert not ("say_completed" in done and "refund" in done)
    assert done.count("capture") <= 1


@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("seen", get_args(Seen))
def test_every_status_meets_everything_that_may_be_seen(status: Status, seen: Seen) -> None:
    assert decide(status, seen).status in get_args(Status)


@given(ROLES, ROLES)
def test_only_herpetologists_give_the_role_of_curator_or_owner(actor: str, role: str) -> None:
    allowed = actor == "herpetologist" or (actor == "curator" and access.RANKS[role] < access.RANKS["curator"])

    if allowed:
        access.check_manages(actor, role)
    else:
        with pytest.raises(ForbiddenError):
            access.check_manages(actor, role)


@given(st.text(min_size=1), st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_raising_a_rollout_keeps_everybody_who_had_it(feature: str, subject: str, one: float, other: float) -> None:
    low, high = sorted((one, other))

    if rollout.reaches(feature, subject, enabled=True, rollout=low):
        assert rollout.reaches(feature, subject, enabled=True, rollout=high)


def test_a_rollout_reaches_about_its_share() -> None:
    reached = sum(rollout.reaches("f", str(n), enabled=True, rollout=0.3) for n in range(5000))

    assert 1350 <= reached <= 1650


def test_a_feature_for_some_plans_reaches_no_other() -> None:
    assert not rollout.reaches("f", "v", enabled=True, rollout=1, plans=("breeder",), plan="keeper")


@given(st.uuids(), st.binary(min_size=32, max_size=32))
def test_an_opaque_token_is_read_as_it_was_written(identifier: UUID, secret: bytes) -> None:
    token = opaque.write("rxr", str(identifier), secret)

    read = opaque.read("rxr", token)
    assert read is not None
    assert (read.id, read.secret_hash) == (str(identifier), opaque.digest(secret))
    assert opaque.read("rxk", token) is None


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_of_tokens_and_links_stumble(text: str) -> None:
    assert opaque.read("rxr", text) is None
    assert Keyed(b"k").read_link("confirm", text) is None


@given(st.uuids(), st.integers(0, 2**32 - 1))
def test_a_link_is_good_for_its_purpose_and_key_only(user: UUID, generation: int) -> None:
    token = Keyed(b"one").link("confirm", str(user), generation)

    read = Keyed(b"one").read_link("confirm", token)
    assert read is not None and (read.user_id, read.generation) == (str(user), generation)
    assert Keyed(b"one").read_link("reset", token) is None
    assert Keyed(b"two").read_link("confirm", token) is None


@pytest.mark.parametrize("text", ["Sam@Example.COM", " sam@example.com ", "ＳＡＭ@example.com"])
def test_one_mailbox_has_one_spelling(text: str) -> None:
    assert normal_address(text) == "sam@example.com"


@given(st.builds("{}@{}.com".format, st.text(max_size=20), st.text(max_size=10)) | st.emails())
@example("\u00b4sam@example.com")
@example("\u017fam@example.com")
@example("j\u00f6rg@example.com")
@example("\u00dfam@example.com")
@example("sam@test")
def test_an_address_that_is_taken_is_its_own_spelling(text: str) -> None:
    try:
        normal = normal_address(text)
    except InvalidError:
        return

    assert normal_address(normal) == normal
    letter = Letter(to=normal, subject="Welcome", text="Welcome")
    assert compose(letter, sender="us@example.com", key="k", now=datetime(2026, 1, 1, tzinfo=UTC)).as_bytes()


@pytest.mark.parametrize(
    "text", ["sam", "sam@", "@example.com", "sam@exa mple.com", "a@b@c.d", "", "j\u00f6rg@example.com"]
)
def test_what_is_no_address_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        normal_address(text)

    assert caught.value.pointer == "/email"


@pytest.mark.parametrize("password", ["short", "password1", "aaaaaaaaaaaa", "samsand1", "12345678"])
def test_a_password_that_is_guessed_soon_is_refused_with_a_reason(password: str) -> None:
    with pytest.raises(WeakPasswordError) as caught:
        check_strength(password, ("sam@example.com", "samsand"))

    assert len(str(caught.value)) > 10


def test_a_very_long_password_is_judged_quickly_and_one_beyond_the_limit_refused() -> None:
    check_strength("correct horse battery staple " * 4)

    with pytest.raises(InvalidError):
        check_strength("x" * 129)


def test_hashing_uses_argon2id_at_the_promised_cost() -> None:
    assert asyncio.run(Hashing().hash("x")).startswith("$argon2id$v=19$m=65536,t=3,p=1$")


async def test_too_many_waiting_for_a_hash_are_turned_away() -> None:
    hashing = Hashing(slots=1, waiting=1, memory_kib=256, passes=1)
    results = await asyncio.gather(*(hashing.hash("x") for _ in range(4)), return_exceptions=True)
    await hashing.aclose()

    assert sum(isinstance(each, UnavailableError) for each in results) == 2


async def test_nobodys_password_never_matches() -> None:
    hashing = Hashing(memory_kib=256, passes=1)

    assert not await hashing.matches(None, "nobody's")
    await hashing.aclose()


def test_a_code_of_the_neighbouring_step_is_taken_and_an_older_one_is_not() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    generator = pyotp.TOTP(SECRET)
    step = int(now.timestamp()) // 30

    assert totp.step_of(SECRET, generator.generate_otp(step - 1), now) == step - 1
    assert totp.step_of(SECRET, generator.generate_otp(step - 3), now) is None
    assert totp.step_of(SECRET, "١٢٣٤٥٦", now) is None


def test_totp_gives_the_codes_of_rfc_6238() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # appendix B: "12345678901234567890"

    assert totp.step_of(secret, "287082", datetime.fromtimestamp(59, UTC)) == 1
    assert totp.step_of(secret, "081804", datetime.fromtimestamp(1111111109, UTC)) == 37037036


@pytest.mark.parametrize(
    ("address", "prefix"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("unknown", "")],
)
def test_of_an_address_only_its_network_is_kept(address: str, prefix: str) -> None:
    assert sessions.ip_prefix(address) == prefix


def test_the_plans_cost_what_the_founding_document_says() -> None:
    assert {plan.name: plan.price for plan in plans.PLANS.values()} == {
        "hobbyist": 0,
        "keeper": 340,
        "breeder": 960,
        "collector": 3000,
    }
    assert not plans.PLANS["hobbyist"].group_listings
