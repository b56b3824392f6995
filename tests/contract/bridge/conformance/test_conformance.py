"""Every cloud against what AWS documents; where one differs stands in differences.yaml, and nowhere does it differ otherwise.

The file is checked both ways: a difference that is not in it fails, and so does one in it that is no more.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.contract.bridge.conformance import probes_delivery, probes_messages  # fill the registry
from tests.contract.bridge.conformance.asking import DIFFERS, PROBES
from tests.contract.bridge.conformance.clouds import CLOUDS, Cloud, cloud

assert probes_delivery and probes_messages
FILE = Path(__file__).parent / "differences.yaml"
EXPECTED = msgspec.yaml.decode(FILE.read_bytes(), type=dict[str, dict[str, str]])


@pytest.fixture(scope="module", params=CLOUDS)
def asked(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    with cloud(request.param) as running:
        yield running


@pytest.mark.parametrize("name", PROBES)
def test_a_cloud_does_what_aws_does_or_what_the_file_says(asked: Cloud, name: str) -> None:
    expected = EXPECTED.get(asked.name, {}).get(name)
    try:
        PROBES[name](asked)
    except DIFFERS as seen:
        if expected is None:
            pytest.fail(f"{asked.name} differs from AWS and {FILE.name} does not say so: {name}: {seen!r}"[:500])
    else:
        if expected is not None:
            pytest.fail(f"{asked.name} does what AWS does: take {name} ({expected}) out of {FILE.name}")


def test_the_file_names_clouds_and_probes_that_there_are() -> None:
    assert set(EXPECTED) <= set(CLOUDS) - {"aws"}
    assert {name for differences in EXPECTED.values() for name in differences} <= set(PROBES)
