"""A probe turns whatever happens into an outcome with a reason."""

import asyncio

import pytest

from reptidex.probe.registry import Failed, Outcome, Probe, Question, Skipped, Target, Verdict, require

TARGET = Target("127.0.0.1:9")


async def outcome_of(ask: Question, limit: float = 5.0) -> Outcome:
    """Ask a question and return the outcome."""
    return await Probe("question", limit, ask).run(TARGET)


async def test_a_question_without_complaints_passes_with_its_detail() -> None:
    async def ask(target: Target) -> str:
        return f"asked {target.bootstrap}"

    outcome = await outcome_of(ask)

    assert (outcome.verdict, outcome.detail) == (Verdict.PASS, "asked 127.0.0.1:9")


@pytest.mark.parametrize(
    ("error", "verdict", "detail"),
    [
        (Failed("wrong answer"), Verdict.FAIL, "wrong answer"),
        (Skipped("no client"), Verdict.SKIP, "no client"),
        (ConnectionError("refused"), Verdict.FAIL, "ConnectionError: refused"),
    ],
)
async def test_each_kind_of_error_has_its_verdict(error: Exception, verdict: Verdict, detail: str) -> None:
    async def ask(_: Target) -> None:
        raise error

    outcome = await outcome_of(ask)

    assert (outcome.verdict, outcome.detail) == (verdict, detail)


async def test_a_question_without_end_fails_at_its_limit() -> None:
    async def ask(_: Target) -> None:
        await asyncio.get_running_loop().create_future()

    outcome = await outcome_of(ask, limit=0.05)

    assert (outcome.verdict, outcome.detail) == (Verdict.FAIL, "no end within 0.05 s")


def test_names_of_one_run_differ_from_those_of_another() -> None:
    assert Target("a").name("topic") != Target("a").name("topic")


def test_a_requirement_that_does_not_hold_names_what_was_found() -> None:
    with pytest.raises(Failed, match="found 3"):
        require(False, "found 3")
