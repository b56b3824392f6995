"""The questions of `reptidex probe-broker`, asked of the embedded log."""

from pathlib import Path

import pytest

from reptidex.devlog import DevLog, Options
from reptidex.probe.command import all_probes
from reptidex.probe.registry import Probe, Target, Verdict

# These take 10 s and more: they wait for sessions and retention times to run out, or churn through many members.
LONG = {
    "compaction_happens",
    "group_churn_20",
    "group_cooperative_librdkafka",
    "group_join_leave_kill",
    "retention_ms",
    "txn_timeout_aborts",
}


def marked(probe: Probe) -> object:
    """Return the probe as a parameter of the test, the long ones marked as slow."""
    marks = [pytest.mark.slow] if probe.name in LONG else []
    return pytest.param(probe, id=probe.name, marks=[*marks, pytest.mark.timeout(probe.limit + 20)])


@pytest.mark.parametrize("probe", [marked(probe) for probe in all_probes()])
async def test_the_embedded_log_answers_as_kafka_does(tmp_path: Path, probe: Probe) -> None:
    async with DevLog(Options(data_dir=tmp_path / "log")) as log:
        outcome = await probe.run(Target(log.bootstrap))

    if outcome.verdict is Verdict.SKIP:
        pytest.skip(outcome.detail)
    assert outcome.verdict is Verdict.PASS, outcome.detail


def test_there_are_47_questions_with_names_of_their_own() -> None:
    assert len({probe.name for probe in all_probes()}) == len(all_probes()) == 47
