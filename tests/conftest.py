"""What all suites share: how Hypothesis draws its cases, and what a failed test shows."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import settings

from tests.evidence import collapsed

# `make test` judges a change, so it draws the same cases every time; a plain `pytest` goes on looking for new ones.
settings.register_profile("check", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed test what its fixtures know of it (`evidence`), while what they have started still runs."""
    report = yield
    if report.when != "teardown" and report.failed:
        given: dict[str, Any] = getattr(item, "funcargs", {})
        for name, fixture in given.items():
            if callable(evidence := getattr(fixture, "evidence", None)):
                report.sections.append((f"evidence of {name}", _told(evidence)))
    return report


def _told(evidence: Any) -> str:
    """Ask in a thread of its own, in which no event loop runs."""
    with ThreadPoolExecutor(1) as thread:
        try:
            return collapsed(str(thread.submit(evidence).result(60)))
        except Exception as problem:  # noqa: BLE001 - the test has failed already, and says why
            return f"cannot be told: {problem!r}"
