"""Ended sessions and lowered roles reach a verifier within seconds."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from reptidex.connectors.identity.claims import Claims
from reptidex.connectors.identity.revocations import Revocations, Revoked
from reptidex.errors import UnavailableError
from reptidex.testing import eventually

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def session(session_id: str) -> Revoked:
    return Revoked(session_id=session_id, revoked_at=NOON)


async def test_a_session_that_ended_is_known_after_the_next_question() -> None:
    ended: list[Revoked] = []

    async def fetch() -> Sequence[Revoked]:
        return list(ended)

    revocations = Revocations(fetch, every_s=0.01)
    revocations.start()
    ended.append(session("s1"))

    assert await eventually(lambda: revocations.ended("s1"))
    assert not revocations.ended("s2")
    await revocations.aclose()


async def test_while_core_is_silent_what_was_known_stays_known() -> None:
    answers = [[session("s1")]]
    asked = 0

    async def fetch() -> Sequence[Revoked]:
        nonlocal asked
        asked += 1
        if not answers:
            raise UnavailableError("repti-core")
        return answers.pop()

    revocations = Revocations(fetch, every_s=0.01)
    revocations.start()
    await eventually(lambda: asked >= 3)

    assert revocations.ended("s1")
    await revocations.aclose()


@pytest.mark.parametrize(
    ("sub", "vid", "seconds", "outdated"),
    [
        ("bea", "v", 0, True),
        ("bea", "v", -300, True),
        ("bea", "v", 1, False),
        ("bea", "w", -300, False),
        ("sam", "v", -300, False),
        ("sam", "closed", -1, True),
    ],
)
async def test_a_token_is_outdated_that_is_older_than_the_loss_of_its_role(
    sub: str, vid: str, seconds: int, outdated: bool
) -> None:
    async def fetch() -> Sequence[Revoked]:
        return [
            Revoked(session_id="", revoked_at=NOON, vivarium_id="v", user_id="bea"),
            Revoked(session_id="", revoked_at=NOON, vivarium_id="closed"),
        ]

    revocations, issued = Revocations(fetch), int(NOON.timestamp()) + seconds
    claims = Claims(iss="us", aud="us", sub=sub, kind="user", exp=issued + 600, iat=issued, vid=vid, sid="s")
    before = revocations.outdated(claims)
    await revocations.refresh()

    assert (before, revocations.outdated(claims), revocations.ended("")) == (False, outdated, False)
