"""The Terraform export against the provider's schema: every resource, its arguments, their types, and what must be given.

The schema is read from the Python bindings that HashiCorp generated from it (provider 6.25), as text: nothing of them runs.
"""

import ast
import json
import re
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reptidex.connectors.bridge.provisioning.export_terraform import terraform
from tests.contract.bridge.test_exports import OPTIONS, whole

BINDINGS = Path(__file__).resolve().parents[3] / ".tools" / "terraform"
WHEELS = sorted(BINDINGS.glob("cdktf_cdktf_provider_aws-*.whl"))
BLOCK = re.compile(r"Sequence\[typing\.Union\['(\w+)'")
OF_TERRAFORM = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners"}

pytestmark = pytest.mark.skipif(
    not WHEELS, reason="no schema of Terraform's AWS provider here: `python tests/check.py --only terraform` fetches it"
)


@cache
def arguments_of(kind: str) -> dict[str, tuple[str, bool]]:
    """Return the arguments of a resource (`aws_sns_topic`), of a block in one (`aws_sns_topic.ItsClass`) or of a data source.

    Each with its type as written, and whether it must be given.
    """
    kind, _, block = kind.partition(".") if kind.startswith("aws_") else (kind, "", "")
    folder = kind.replace("aws_", "", 1) if not kind.startswith("data.") else f"data_{kind.removeprefix('data.')}"
    with zipfile.ZipFile(WHEELS[-1]) as wheel:
        text = wheel.read(f"cdktf_cdktf_provider_aws/{folder}/__init__.py").decode()
    classes = [each for each in ast.parse(text).body if isinstance(each, ast.ClassDef)]
    [config] = [each for each in classes if (each.name == block if block else each.name.endswith("Config"))]
    [begin] = [each for each in config.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
    found = {}
    for argument, default in zip(begin.args.kwonlyargs, begin.args.kw_defaults, strict=True):
        assert argument.annotation is not None
        if argument.arg not in OF_TERRAFORM:
            found[argument.arg.removesuffix("_")] = ast.unparse(argument.annotation), default is None
    return found


def fits(value: Any, kind: str) -> bool:
    """Say whether a value of the export is one that an argument of this type takes; references are texts of any type."""
    if isinstance(value, str) and value.startswith("${"):
        return True
    match value:
        case bool():
            return "builtins.bool" in kind
        case int() | float():
            return "jsii.Number" in kind
        case str():
            return "builtins.str" in kind and "Mapping" not in kind and "Sequence" not in kind
        case dict():
            return "Mapping" in kind and all(isinstance(each, str) for each in value.values())
        case list():
            return "Sequence" in kind and (bool(BLOCK.search(kind)) or all(isinstance(each, str) for each in value))
    return False


def wrong(kind: str, given: dict[str, Any]) -> list[str]:
    """Return what is wrong with a resource."""
    known = arguments_of(kind)
    found = [f"{kind} has no argument {name!r}" for name in given if name not in known]
    found += [f"{kind} needs {name!r}" for name, (_, needed) in known.items() if needed and name not in given]
    return (
        found
        + [
            f"{kind}.{name} is {value!r}; its type is {known[name][0]}"
            for name, value in given.items()
            if name in known and not fits(value, known[name][0])
        ]
        + [line for name, value in given.items() if name in known for line in wrong_inside(kind, known[name][0], value)]
    )


def wrong_inside(kind: str, type_: str, value: Any) -> list[str]:
    """Return what is wrong with the blocks of an argument that takes some."""
    block = BLOCK.search(type_)
    if block is None or not isinstance(value, list):
        return []
    return [line for each in value for line in wrong(f"{kind.partition('.')[0]}.{block[1]}", each)]


def test_every_resource_of_the_export_is_as_the_provider_takes_it() -> None:
    made = json.loads(terraform(whole(), OPTIONS))
    kinds = made["resource"] | {f"data.{kind}": blocks for kind, blocks in made["data"].items()}
    given = [(kind, each) for kind, blocks in kinds.items() for each in blocks.values()]

    assert len(given) > 300
    assert [line for kind, each in given for line in wrong(kind, each)] == []


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("aws_sqs_queue", {"name": "q", "visibility_timeout": 60}, "has no argument"),
        ("aws_sqs_queue", {"visibility_timeout_seconds": "a minute"}, "its type is"),
        ("aws_sns_topic_subscription", {"protocol": "sqs", "topic_arn": "${aws_sns_topic.a.arn}"}, "needs 'endpoint'"),
        ("aws_sns_topic", {"fifo_topic": 1}, "its type is"),
        ("aws_s3_bucket_lifecycle_configuration", {"bucket": "b", "rule": [{"id": "i"}]}, "needs 'status'"),
        (
            "aws_s3_bucket_lifecycle_configuration",
            {"bucket": "b", "rule": [{"id": "i", "status": "Enabled", "expiration": [{"days": "thirty"}]}]},
            "its type is",
        ),
    ],
)
def test_what_is_wrong_would_be_seen(kind: str, given: dict[str, Any], said: str) -> None:
    assert any(said in line for line in wrong(kind, given))
