"""A plan tells what differs and where, not two long texts."""

import json

import pytest

from reptidex.provisioning.report import told_apart

POLICY = {"Statement": [{"Sid": "a", "Condition": {"ArnLike": {"aws:SourceArn": ["arn:1", "arn:2"]}}}]}
OTHER = {"Statement": [{"Sid": "a", "Condition": {"ArnLike": {"aws:SourceArn": ["arn:2", "arn:3"]}}}]}


@pytest.mark.parametrize(
    ("now", "then", "lines"),
    [
        ("30", "60", ["S: 30 -> 60"]),
        ("", "60", ["S: (none) -> 60"]),
        ("alias/a", "alias/b", ["S: alias/a -> alias/b"]),
        ('{"a":1,"b":{"c":2}}', '{"a":1,"b":{"c":3}}', ["S.b.c: 2 -> 3"]),
        ('{"a":1}', "", ['S: {"a":1} -> (none)']),
        (
            json.dumps(POLICY),
            json.dumps(OTHER),
            [
                "S.Statement.Condition.ArnLike.aws:SourceArn - arn:1",
                "S.Statement.Condition.ArnLike.aws:SourceArn + arn:3",
            ],
        ),
    ],
)
def test_only_what_differs_is_told(now: str, then: str, lines: list[str]) -> None:
    assert list(told_apart(now, then, "S")) == lines
