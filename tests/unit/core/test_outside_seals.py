"""What goes round by the browser is ours, for one purpose, for a while, and good in one browser."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reptidex.domain.keyed import Keyed
from reptidex.http.core import outside_seals
from reptidex.http.core.outside_seals import InBrowser, read, read_here, write

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEALED = InBrowser(provider="google", nonce="n" * 48, until=int(NOW.timestamp()) + 60)


def request(cookie: str = f"a/b=1; rx_outside={'n' * 48}", provider: str = "google", **more: Any) -> Any:
    ports = SimpleNamespace(
        keyed=Keyed(more.get("secret", b"k" * 32)), clock=lambda: NOW + more.get("later", timedelta())
    )
    return SimpleNamespace(ports=ports, headers={"Cookie": cookie}, path={"provider": provider})


def written(purpose: str = "state") -> str:
    return write(request().ports, purpose, SEALED)


def test_what_we_wrote_is_read_in_the_same_browser() -> None:
    assert read_here(request(), "state", written(), InBrowser) == SEALED
    assert read(request(cookie=""), "state", written(), InBrowser) == SEALED


@pytest.mark.parametrize("cookie", ["", "rx_outside=" + "m" * 48, "rx_outside=\udcff", "rx_outside"])
def test_it_is_worth_nothing_in_another_browser(cookie: str) -> None:
    assert read_here(request(cookie), "state", written(), InBrowser) is None


def test_it_is_good_for_its_purpose_provider_time_and_secret_only() -> None:
    late = timedelta(seconds=61)

    assert read(request(), "state", written("challenge"), InBrowser) is None
    assert read(request(provider="github"), "state", written(), InBrowser) is None
    assert read(request(later=late), "state", written(), InBrowser) is None
    assert read(request(secret=b"x" * 32), "state", written(), InBrowser) is None


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_the_algorithm_is_ours_to_choose(algorithm: str) -> None:
    key = None if algorithm == "none" else request().ports.keyed.secret("state")
    forged = jwt.encode(msgspec.to_builtins(SEALED), key, algorithm)  # type: ignore[arg-type]

    assert read(request(), "state", forged, InBrowser) is None


@pytest.mark.parametrize("claims", [{}, {"exp": "soon"}, {"exp": 2**40}, {"exp": 2**40, "provider": 7, "nonce": ""}])
def test_what_lacks_a_part_is_nothing(claims: dict[str, Any]) -> None:
    ours = jwt.encode(claims, request().ports.keyed.secret("state"), outside_seals.ALGORITHM)

    assert read(request(), "state", ours, InBrowser) is None


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_.=-]{1,60}"))
@example("..")
@example("eyJhbGciOiJIUzI1NiJ9..")
def test_what_is_not_ours_is_nothing(text: str) -> None:
    assert read(request(), "state", text, InBrowser) is None
