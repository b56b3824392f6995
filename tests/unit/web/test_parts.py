"""The small parts of the web side, each by itself."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from reptidex.connectors.services.breaker import Breaker
from reptidex.errors import DomainError, ForbiddenError, NotFoundError, UnauthenticatedError, UnavailableError
from reptidex.http.middlewares.authorisation import RecentSignIn
from reptidex.http.middlewares.context import traceparent_of
from reptidex.http.middlewares.forwarded import Addresses
from reptidex.http.middlewares.overdue import Watch
from reptidex.http.middlewares.problems import answer, document
from reptidex.http.middlewares.ratelimit import RateLimiter
from reptidex.http.middlewares.validation import check_match, etag_of
from reptidex.http.server.bodies import BodyDecoder
from reptidex.http.server.guards import check_values, has_moments
from reptidex.http.server.ids import Ids, derived_id, uuid7
from reptidex.http.server.pointers import shape_error
from reptidex.http.server.policy import Caller
from reptidex.http.server.refusals import (
    InsufficientUserAuthenticationError,
    LimitedError,
    OverdueError,
    PreconditionError,
    ShapeError,
)
from reptidex.tables.answers import RefusedError, problem_of
from reptidex.tables.driver import DataRefusedError


def test_fresh_ids_are_uuids_of_version_7_in_order_of_time() -> None:
    first, later = uuid7(1_700_000_000_000, "f" * 19), uuid7(1_700_000_000_001, "0" * 19)

    assert first < later
    assert (UUID(first).version, UUID(first).variant) == (7, "specified in RFC 4122")
    assert UUID(first).int >> 80 == 1_700_000_000_000


def test_an_id_is_never_given_twice_from_one_pool_of_randomness() -> None:
    ids = Ids()

    assert len({ids.fresh() for _ in range(2000)} | {ids.span() for _ in range(2000)}) == 4000


def test_derived_ids_are_uuids_that_repeat() -> None:
    assert derived_id("a", "b") == derived_id("a", "b") != derived_id("ab", "")
    assert (UUID(derived_id("a")).version, UUID(derived_id("a")).variant) == (8, "specified in RFC 4122")


@pytest.mark.parametrize(("age", "recent"), [(-5, True), (0, True), (600, True), (601, False), (1_000_000, False)])
def test_a_sign_in_is_recent_up_to_its_greatest_age(age: int, recent: bool) -> None:
    asked = RecentSignIn(600, lambda: 1_000_000.0)
    person = Caller(kind="user", subject="sam", proved_at=1_000_000 - age)

    if recent:
        asked.check(person)
    else:
        with pytest.raises(InsufficientUserAuthenticationError, match="the last 10 minutes") as refused:
            asked.check(person)
        assert refused.value.max_age == 600


def test_a_service_has_no_sign_in_that_could_be_old() -> None:
    RecentSignIn(1, lambda: 1_000_000.0).check(Caller(kind="service", subject="repti-ops"))


def test_a_share_can_be_spent_at_once_and_comes_back_evenly() -> None:
    now = [100.0]
    limiter = RateLimiter(60, lambda: now[0])
    left = [limiter.take("a")[0] for _ in range(60)]
    with pytest.raises(LimitedError) as refused:
        limiter.take("a")
    now[0] += 2.0
    limiter.take("a", 2)

    assert (left[0], left[-1], refused.value.retry_after) == (59, 0, 1)
    assert limiter.spent("a") and not limiter.spent("b")


def test_the_limit_is_kept_within_two_percent_over_ten_thousand_requests() -> None:
    now, taken = [0.0], 0
    limiter = RateLimiter(600, lambda: now[0])
    for _ in range(10_000):
        now[0] += 0.06
        try:
            limiter.take("a")
            taken += 1
        except LimitedError:
            continue
    allowed = 600 + 600 / 60 * 0.06 * 10_000

    assert abs(taken - allowed) <= 0.02 * allowed


def test_what_costs_more_than_the_whole_share_takes_all_of_it() -> None:
    now = [0.0]
    limiter = RateLimiter(10, lambda: now[0])
    for _ in range(2):
        assert limiter.take("a", cost=20) == (0, 60)
        with pytest.raises(LimitedError):
            limiter.take("a", cost=20)
        now[0] += 60


def test_the_idlest_callers_are_forgotten_first() -> None:
    limiter = RateLimiter(60, lambda: 0.0, callers=10)
    for _ in range(30):
        limiter.take("busy")
    for n in range(100):
        limiter.take(f"new {n}")

    assert limiter.take("busy")[0] == 29


def _from(peer: str, forwarded: str) -> Any:
    class Transport:
        def get_extra_info(self, name: str, default: Any = None) -> Any:
            return (peer, 1) if name == "peername" else default

    return make_mocked_request("GET", "/", headers={"X-Forwarded-For": forwarded}, transport=Transport())


@pytest.mark.parametrize(
    ("trusted", "peer", "header", "expected"),
    [
        ((), "9.9.9.9", "1.1.1.1", "9.9.9.9"),
        (("10.0.0.0/8",), "9.9.9.9", "1.1.1.1", "9.9.9.9"),
        (("10.0.0.0/8",), "10.0.0.1", "1.1.1.1", "1.1.1.1"),
        (("10.0.0.0/8",), "10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        (("10.0.0.0/8",), "10.0.0.1", "1.1.1.1, junk", "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_names_another_address(
    trusted: tuple[str, ...], peer: str, header: str, expected: str
) -> None:
    assert Addresses(trusted).of(_from(peer, header)) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::a", "2001:db8:1:2:ffff::b", True),
        ("2001:db8:1:2::a", "2001:db8:1:3::a", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_an_ipv6_customer_has_one_share_and_not_one_for_each_of_their_addresses(
    one: str, other: str, same: bool
) -> None:
    shares = [Addresses(("127.0.0.0/8",)).share(_from("127.0.0.1", address)) for address in (one, other)]

    assert (shares[0] == shares[1]) is same


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", True),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", False),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", False),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", False),
        ("junk", False),
        (None, False),
    ],
)
def test_a_trace_context_is_carried_on_if_it_is_one(given: str | None, kept: bool) -> None:
    ours = traceparent_of(given, Ids())

    assert (ours.split("-")[1] == "0af7651916cd43dd8448eb211c80319c") == kept
    assert len(ours) == 55 and ours.startswith("00-")


class Inner(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    when: datetime | None = None
    n: int = 0


class Outer(msgspec.Struct, kw_only=True):
    inners: list[Inner]
    by_name: dict[str, Inner] = {}


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b"{}", "/inners"),
        (b'{"inners": 1}', "/inners"),
        (b'{"inners": [{}, {"n": "x"}]}', "/inners/1/n"),
        (b'{"inners": [{"m": 1}]}', "/inners/0/m"),
        (b'{"inners": [], "by_name": {"a": {"n": null}}}', "/by_name"),
    ],
)
def test_a_shape_error_points_at_its_place(raw: bytes, pointer: str) -> None:
    with pytest.raises(msgspec.ValidationError) as problem:
        msgspec.json.decode(raw, type=Outer)

    assert shape_error(problem.value, "body").pointer == pointer


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (Inner(when=datetime(2026, 1, 1)), "/when"),
        (Outer(inners=[Inner(), Inner(n=1 << 63)]), "/inners/1/n"),
        (Outer(inners=[], by_name={"a/b~": Inner(n=-(1 << 63) - 1)}), "/by_name/a~1b~0/n"),
        ({"x": float("nan")}, "/x"),
        ("\x00", ""),
    ],
)
def test_values_that_no_database_takes_are_refused_with_their_place(value: Any, pointer: str) -> None:
    with pytest.raises(ShapeError) as problem:
        check_values(value, "body")

    assert problem.value.pointer == pointer


class Spread(msgspec.Struct, kw_only=True):
    pair: tuple[int, Inner] | None = None
    again: list["Spread"] = []


@pytest.mark.parametrize(
    ("kind", "there"),
    [
        (Inner, True),
        (Outer, True),
        (Spread, True),
        (list[datetime], True),
        (dict[str, Annotated[datetime, msgspec.Meta(tz=True)]], True),
        (dict[str, int], False),
        (tuple[int, str], False),
    ],
)
def test_a_moment_is_found_wherever_it_is_in_a_type(kind: Any, there: bool) -> None:
    assert has_moments(kind) is there


def test_a_moment_at_the_edge_of_time_is_refused() -> None:
    early = msgspec.convert({"when": "0001-01-01T00:00:00+14:00"}, Inner)

    with pytest.raises(ShapeError):
        check_values(early, "body")
    check_values(Inner(when=datetime(2026, 1, 1, tzinfo=UTC)), "body")
    with pytest.raises(ShapeError):
        BodyDecoder(Inner).decode(b'{"when":"0001-01-01T00:00:00+14:00"}', "application/json")


def test_a_problem_tells_the_errors_data_and_a_stored_one_the_same() -> None:
    fresh = document(NotFoundError("animal", "a1"), "r1")
    stored = document(RefusedError(problem_of(NotFoundError("animal", "a1"))), "r1")

    assert fresh == stored
    assert (fresh["type"], fresh["kind"], fresh["key"]) == ("urn:reptidex:problem:not-found", "animal", "a1")


def test_what_a_database_says_is_told_to_nobody() -> None:
    refused = DataRefusedError("SQLite refuses the data: UNIQUE constraint failed: users.address_hash")

    for problem in (document(refused, "r1"), document(RefusedError(problem_of(refused)), "r1")):
        assert (problem["status"], problem["title"]) == (409, "The data contradict what is stored")
        assert "users" not in str(problem)


@pytest.mark.parametrize("error", [UnauthenticatedError("no"), RefusedError(problem_of(UnauthenticatedError("no")))])
def test_every_401_names_the_scheme_whoever_refused(error: DomainError) -> None:
    assert answer(error, "r1").headers["WWW-Authenticate"] == 'Bearer realm="reptidex"'


def test_a_write_upon_an_old_reading_is_refused() -> None:
    current = Inner(n=2)
    tag = etag_of(msgspec.json.encode(current))
    check_match(CIMultiDict({"if-match": f'"x", {tag}'}), current)
    check_match(CIMultiDict(), current)

    with pytest.raises(PreconditionError):
        check_match(CIMultiDict({"If-Match": tag}), Inner(n=3))


def test_a_breaker_opens_after_failures_in_a_row_and_tries_one_call_later() -> None:
    now = [0.0]
    breaker = Breaker("animal", clock=lambda: now[0], failures=2, rest_s=3)
    for error in (UnavailableError("animal"), ForbiddenError("no"), UnavailableError("animal")):
        with pytest.raises(type(error)), breaker.guard():
            raise error
    still_closed = not breaker.open
    with pytest.raises(UnavailableError), breaker.guard():
        raise UnavailableError("animal")
    opened = breaker.open
    now[0] = 3.0
    with breaker.guard():
        alone = breaker.open

    assert (still_closed, opened, alone, breaker.open) == (True, True, True, False)


async def test_a_view_that_takes_too_long_is_ended_and_others_are_not() -> None:
    now = [0.0]
    watch = Watch(10, lambda: now[0], look_s=0.01)
    slow = asyncio.create_task(watch.run(asyncio.Event().wait()))
    await asyncio.sleep(0)
    now[0] = 5.0
    event = asyncio.Event()
    later = asyncio.create_task(watch.run(event.wait()))
    await asyncio.sleep(0)
    now[0] = 11.0
    with pytest.raises(OverdueError):
        await slow
    event.set()

    assert await later is True


async def test_a_cancelled_request_is_not_taken_for_an_overdue_one() -> None:
    watch = Watch(10, lambda: 0.0)
    task = asyncio.create_task(watch.run(asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
