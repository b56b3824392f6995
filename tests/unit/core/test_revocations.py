"""Ended sessions reach a verifier within seconds."""

from collections.abc import Sequence

from reptidex.connectors.identity.revocations import Revocations
from reptidex.errors import UnavailableError
from reptidex.testing import eventually


async def test_a_session_that_ended_is_known_after_the_next_question() -> None:
    ended: list[str] = []

    async def fetch() -> Sequence[str]:
        return list(ended)

    revocations = Revocations(fetch, every_s=0.01)
    revocations.start()
    ended.append("s1")

    assert await eventually(lambda: revocations.ended("s1"), within=2)
    assert not revocations.ended("s2")
    await revocations.aclose()


async def test_while_core_is_silent_what_was_known_stays_known() -> None:
    answers: list[list[str]] = [["s1"]]
    asked = 0

    async def fetch() -> Sequence[str]:
        nonlocal asked
        asked += 1
        if not answers:
            raise UnavailableError("repti-core")
        return answers.pop()

    revocations = Revocations(fetch, every_s=0.01)
    revocations.start()
    await eventually(lambda: asked >= 3, within=2)

    assert revocations.ended("s1")
    await revocations.aclose()
