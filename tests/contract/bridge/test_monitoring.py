"""Panels and alerts of the bridge ask for metrics that it has; Prometheus itself says which alerts recorded series raise."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry

from reptidex.platform.bridge.metrics import BridgeMetrics

ROOT = Path(__file__).resolve().parents[3]
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((PROMETHEUS / "bridge.rules.yml").read_text())["groups"] for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((ROOT / "deploy/grafana/dashboards/bridge.json").read_text())["panels"]
EXPRESSIONS = [
    *(pytest.param(each["expr"], id=each["alert"]) for each in ALERTS),
    *(pytest.param(target["expr"], id=each["title"]) for each in PANELS for target in each["targets"]),
]


def known() -> dict[str, set[str]]:
    """Return the series that the bridge exports, with their labels."""
    metrics = BridgeMetrics(CollectorRegistry())
    metrics.crossed("inbound", "animal.created", "published")
    metrics.batch("inbound", 3)
    metrics.heartbeat("extended")
    metrics.loop("origin")
    metrics.dead("inbound", "ContractError")
    metrics.watch("inbound", lambda: 0, lambda: 0.0, lambda: 0)
    return {
        sample.name: set(sample.labels) for family in metrics.registry.collect() for sample in family.samples
    }  # fmt: skip


def selectors(expression: Any) -> Iterator[Any]:
    """Yield what an expression selects."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression
    for part in ("expr", "lhs", "rhs", "vector_selector"):
        if (inner := getattr(expression, part, None)) is not None:
            yield from selectors(inner)
    for argument in getattr(expression, "args", ()):
        yield from selectors(argument)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_parses_and_asks_for_what_there_is(expression: str) -> None:
    found = list(selectors(promql_parser.parse(expression)))

    assert found
    for each in found:
        assert each.name in known(), each.name
        assert {matcher.name for matcher in each.matchers.matchers} <= known()[each.name] - {"le"}


def test_every_metric_of_the_bridge_is_on_a_panel() -> None:
    shown = "\n".join(target["expr"] for each in PANELS for target in each["targets"])
    family = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in known()}

    assert [name for name in sorted(family) if name.removesuffix("_total") not in shown] == []


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_what_to_do(alert: dict[str, Any]) -> None:
    page, _, anchor = alert["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.*)$", (ROOT / page).read_text(), re.MULTILINE)

    assert anchor in [heading.lower().replace(" ", "-") for heading in headings]
    assert alert["labels"]["severity"] in ("page", "ticket")


def test_recorded_series_raise_the_alerts_and_nothing_else() -> None:
    promtool = shutil.which("promtool") or shutil.which("promtool", path=ROOT / ".tools/prometheus/usr/bin")
    if promtool is None:
        pytest.skip("no promtool here: `python tests/check.py --only promtool` fetches it")
    for arguments in (("check", "config", "prometheus.yml"), ("test", "rules", "bridge.test.yml")):
        done = subprocess.run([promtool, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_recorded_series() -> None:
    cases = yaml.safe_load((PROMETHEUS / "bridge.test.yml").read_text())["tests"]
    raised = {each["alertname"] for case in cases for each in case["alert_rule_test"] if each["exp_alerts"]}

    assert raised == {each["alert"] for each in ALERTS}
